import fs from 'node:fs';
import type { KeyView } from '#libs/contracts';

/** A command of the documentation: what is set in front of `serai`, and what is behind it. */
interface DocumentedCommand {
  readonly text: string;
  readonly env: Readonly<Record<string, string>>;
  readonly args: readonly string[];
}

/** The commands of a section of docs/operations.md, in their order, as they stand there. */
export function commandsOf(title: string): string[] {
  const [, section = ''] = fs.readFileSync('docs/operations.md', 'utf8').split(`## ${title}`);
  const blocks = [...section.slice(0, section.indexOf('\n## ')).matchAll(/^```\n([^`]+)```$/gm)];
  return blocks.flatMap(([, lines = '']) => lines.trim().split('\n'));
}

/** A command with what the documentation leaves to its reader: `<old-sig-kid>`. */
export async function filledIn(
  template: string,
  { keysOf, passphrase }: { keysOf: (participant: string) => Promise<KeyView[]>; passphrase: string },
): Promise<DocumentedCommand> {
  const oldest = async (use: KeyView['use']) => {
    const own = (await keysOf('rs')).filter((key) => key.use === use);
    return own.sort((a, b) => ((a.effectiveFrom ?? '') < (b.effectiveFrom ?? '') ? -1 : 1))[0]?.kid ?? '';
  };
  const fillings: Readonly<Record<string, () => Promise<string> | string>> = {
    '<old-enc-kid>': () => oldest('enc'),
    '<old-sig-kid>': () => oldest('sig'),
    '<time>': () => new Date(Date.now() - 1_000).toISOString(),
    '<lost-kids>': async () => (await keysOf('tr')).map(({ kid }) => kid).join(','),
    '<passphrase>': () => passphrase,
  };
  let text = template;
  for (const [place, filling] of Object.entries(fillings)) {
    if (text.includes(place)) text = text.replace(place, await filling());
  }
  const words = [...text.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, word]) => quoted ?? word ?? '');
  const settings = words.splice(0, words.indexOf('serai')).map((setting) => setting.split('=') as [string, string]);
  return { text, env: Object.fromEntries(settings), args: words.slice(1) };
}
