import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { makePack } from '#libs/evidence';
import { EvidenceWorkshop } from '#libs/testing';

const PAGE = join(import.meta.dirname, '../../../dist/verify.html');
const BROWSER = (process.env['PATH'] ?? '')
  .split(delimiter)
  .flatMap((folder) => ['chromium', 'chromium-browser', 'google-chrome'].map((name) => join(folder, name)))
  .find((file) => existsSync(file));

describe('the page as a file', () => {
  const html = readFileSync(PAGE, 'utf8');

  it('holds its script and style, and forbids itself everything else', () => {
    expect(html).toMatch(
      /content="default-src 'none'; script-src 'sha256-[^']+'; style-src 'sha256-[^']+'; base-uri 'none'; form-action 'none'"/,
    );
    expect(html.match(/<(script|link|img|iframe)[^>]*(src|href)=/g)).toBeNull();
    expect(html.match(/["']node:[a-z/]+["']/g)).toBeNull();
  });
});

// CI installs Chromium (.ci/run); elsewhere these tests say that they were left out.
(BROWSER === undefined ? describe.skip : describe)(
  'the page in a browser (left out where no Chromium is on the PATH)',
  () => {
    let browser: Browser;
    let folder: string;
    let opened: Page[] = [];
    const complaints: string[] = [];
    const requests: string[] = [];

    const at = (name: string) => join(folder, name);

    beforeAll(async () => {
      const { chromium } = await import('playwright-core');
      browser = await chromium.launch({ executablePath: BROWSER!, args: ['--no-sandbox'] });
      folder = mkdtempSync(join(tmpdir(), 'serai-page-'));
      const workshop = await EvidenceWorkshop.open();
      const parts = await workshop.parts();
      const zip = await makePack(parts, workshop);
      const bad = Buffer.from(zip);
      bad[zip.indexOf(parts.messages[2]!.envelope) + 100]! ^= 1;
      writeFileSync(at('leg.zip'), zip);
      writeFileSync(at('bad.zip'), bad);
      writeFileSync(at('roots.json'), JSON.stringify(workshop.roots));
    }, 60_000);

    afterAll(async () => {
      await browser.close();
      rmSync(folder, { recursive: true });
    });

    afterEach(async () => {
      await Promise.all(opened.map((page) => page.context().close()));
      opened = [];
      expect(complaints).toEqual([]);
      expect(requests.filter((url) => !url.startsWith('file:'))).toEqual([]);
    });

    const openPage = async (options: BrowserContextOptions = {}) => {
      const context = await browser.newContext({ locale: 'en', offline: true, ...options });
      const page = await context.newPage();
      opened.push(page);
      page.on('console', (message) => complaints.push(message.text()));
      page.on('pageerror', (error) => complaints.push(error.message));
      page.on('request', (request) => requests.push(request.url()));
      await page.goto(pathToFileURL(PAGE).href);
      return page;
    };
    const outcome = (page: Page, expected: string) =>
      page.waitForSelector(`#status[data-outcome="${expected}"]`, { timeout: 20_000 });
    const failedRules = async (page: Page) =>
      page.locator('tr[data-outcome="failed"] td:nth-child(2)').allTextContents();

    it('shows that everything holds, and what follows', async () => {
      const page = await openPage();
      await page.setInputFiles('#roots', at('roots.json'));
      await page.setInputFiles('#pack', at('leg.zip'));
      await outcome(page, 'holds');
      expect(await page.textContent('#text')).toContain('Serbia (invented)');
      expect(await failedRules(page)).toEqual([]);
      expect(await page.locator('tr[data-outcome="holds"]').count()).toBeGreaterThan(50);
    }, 60_000);

    it('names the rules of a damaged pack, and shows no summary', async () => {
      const page = await openPage();
      await page.setInputFiles('#pack', at('bad.zip'));
      await page.setInputFiles('#roots', at('roots.json'));
      await outcome(page, 'failed');
      expect(await failedRules(page)).toEqual(['pack-form', 'pack-manifest', 'leaf-opening']);
      expect(await page.isVisible('#follows')).toBe(false);
      await page.setInputFiles('#pack', at('leg.zip'));
      await outcome(page, 'holds');
      await page.setInputFiles('#roots', at('leg.zip'));
      await outcome(page, 'failed');
      expect(await page.textContent('#status')).toBe('These are no root keys.');
      expect(await page.isVisible('#found')).toBe(false);
    }, 60_000);

    it('reads from right to left in Arabic, and in the language that is chosen', async () => {
      const page = await openPage({ locale: 'ar' });
      expect(await page.getAttribute('html', 'dir')).toBe('rtl');
      await page.selectOption('#language', 'tr');
      expect([await page.getAttribute('html', 'dir'), await page.title()]).toEqual([
        'ltr',
        'Kanıt paketini denetleyin',
      ]);
    }, 60_000);

    it('is worked by keyboard, and differs in light and dark', async () => {
      const focused = async (page: Page) => page.evaluate('document.activeElement.id');
      const grounds = [];
      for (const colorScheme of ['light', 'dark'] as const) {
        const page = await openPage({ colorScheme });
        const order = [];
        for (let step = 0; step < 3; step += 1) {
          await page.keyboard.press('Tab');
          order.push(await focused(page));
        }
        expect(order).toEqual(['language', 'pack', 'roots']);
        grounds.push(await page.evaluate('getComputedStyle(document.body).backgroundColor'));
      }
      expect(grounds[0]).not.toEqual(grounds[1]);
    }, 60_000);

    it('cannot reach the network, were it asked to', async () => {
      const page = await openPage();
      const attempt = page.evaluate('fetch("https://hub.example/").then(() => "reached", () => "refused")');
      expect(await attempt).toBe('refused');
      expect(complaints.splice(0).join()).toContain('Content Security Policy');
      requests.length = 0;
    }, 60_000);
  },
);
