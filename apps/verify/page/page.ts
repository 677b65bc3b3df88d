import { z } from 'zod';
import { isSeraiError } from '#libs/errors';
import {
  type Check,
  isLanguage,
  LANGUAGES,
  type Language,
  type PackFacts,
  summarise,
  type Verdict,
  verifyPack,
} from '#libs/evidence';
import { parseRootKeys, type RootKeys } from '#libs/trust';
import { PAGE_WORDS } from './words.js';

// The page's security policy allows no code that is made at run time, and none is needed.
z.config({ jitless: true });

type Words = (typeof PAGE_WORDS)[Language];

/** What was opened and found so far. */
interface State {
  language: Language;
  pack: Uint8Array | undefined;
  roots: RootKeys | 'unreadable' | undefined;
  verdict: Verdict<PackFacts> | 'checking' | undefined;
}

const state: State = { language: preferredLanguage(), pack: undefined, roots: undefined, verdict: undefined };
/** Counts checks, so that a slow one does not overwrite the result of a later one. */
let round = 0;

const element = (id: string): HTMLElement => document.getElementById(id)!;

function preferredLanguage(): Language {
  const wanted = navigator.languages.map((tag) => tag.slice(0, 2)).find(isLanguage);
  return wanted ?? 'en';
}

function render(): void {
  const words = PAGE_WORDS[state.language];
  document.documentElement.lang = state.language;
  document.documentElement.dir = words.direction;
  document.title = words.title;
  for (const label of document.querySelectorAll<HTMLElement>('[data-words]')) {
    label.textContent = words[label.dataset['words'] as keyof Words];
  }
  const verdict = typeof state.verdict === 'object' ? state.verdict : undefined;
  element('status').textContent = statusOf(words);
  element('status').dataset['outcome'] = outcomeOf(verdict);
  element('found').hidden = verdict === undefined;
  element('follows').hidden = verdict?.facts === undefined;
  element('rows').replaceChildren(...(verdict?.checks ?? []).map((check) => rowOf(check, words)));
  element('text').textContent = verdict?.facts === undefined ? '' : summarise(verdict.facts, state.language);
}

function outcomeOf(verdict: Verdict<PackFacts> | undefined): string {
  if (verdict !== undefined) return verdict.holds ? 'holds' : 'failed';
  return state.roots === 'unreadable' ? 'failed' : 'none';
}

function statusOf(words: Words): string {
  if (state.roots === 'unreadable') return words.unreadableRoots;
  if (state.verdict === 'checking') return words.checking;
  if (state.verdict === undefined) return words.waiting;
  return state.verdict.holds ? words.holds : words.failed;
}

function rowOf({ rule, about = '', holds, reason }: Check, words: Words): HTMLElement {
  const row = document.createElement('tr');
  row.dataset['outcome'] = holds ? 'holds' : 'failed';
  const result = reason === undefined ? words.ok : `${words.notOk}: `;
  row.append(cell(result, reason), cell('', rule), cell('', about));
  return row;
}

/** Names and reasons are English, from left to right, whatever the language of the page. */
function cell(translated: string, name = ''): HTMLElement {
  const data = document.createElement('td');
  const text = document.createElement('bdi');
  text.dir = 'ltr';
  text.lang = 'en';
  text.textContent = name;
  data.append(translated, text);
  return data;
}

async function check(): Promise<void> {
  const { pack, roots } = state;
  round += 1;
  const own = round;
  state.verdict = undefined;
  if (pack !== undefined && typeof roots === 'object') {
    state.verdict = 'checking';
    render();
    // Lets the browser paint before the work begins.
    await new Promise((painted) => setTimeout(painted, 30));
    const verdict = await verifyPack(pack, { roots }).catch(unverified);
    if (own !== round) return;
    state.verdict = verdict;
  }
  render();
}

/** Whatever a verifier trips over is not verified. */
function unverified(error: unknown): Verdict<PackFacts> {
  console.error(error);
  return { holds: false, checks: [] };
}

async function open(file: File, kind: 'pack' | 'roots'): Promise<void> {
  if (kind === 'pack') state.pack = new Uint8Array(await file.arrayBuffer());
  else state.roots = rootsIn(await file.text());
  await check();
}

function rootsIn(text: string): RootKeys | 'unreadable' {
  try {
    return parseRootKeys(text);
  } catch (error) {
    if (isSeraiError(error)) return 'unreadable';
    throw error;
  }
}

function listen(): void {
  for (const kind of ['pack', 'roots'] as const) {
    const input = element(kind) as HTMLInputElement;
    input.addEventListener('change', () => {
      const [file] = input.files ?? [];
      if (file !== undefined) void open(file, kind);
    });
  }
  const choice = element('language') as HTMLSelectElement;
  choice.append(...LANGUAGES.map((language) => new Option(PAGE_WORDS[language].name, language)));
  choice.value = state.language;
  choice.addEventListener('change', () => {
    if (isLanguage(choice.value)) state.language = choice.value;
    render();
  });
  document.addEventListener('dragover', (event) => event.preventDefault());
  document.addEventListener('drop', (event) => {
    event.preventDefault();
    for (const file of event.dataTransfer?.files ?? []) void open(file, file.name.endsWith('.json') ? 'roots' : 'pack');
  });
}

listen();
render();
