// Finds processes of a test run that outlive it.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const read = (file) => {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return '';
  }
};

/** Every descendant carries the run's folder in its environment or in its arguments. */
function fromProc(runFolder) {
  const found = [];
  for (const name of fs.readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    const command = read(`/proc/${name}/cmdline`).replaceAll('\0', ' ').trim();
    if (command === '' || command.includes('serai-guard')) continue;
    if (command.includes(runFolder) || read(`/proc/${name}/environ`).includes(`SERAI_TEST_RUN=${runFolder}`)) {
      found.push({ pid: Number(name), command });
    }
  }
  return found;
}

/** Elsewhere than on Linux only the arguments are to be seen. */
function fromPs(runFolder) {
  const lines = execFileSync('ps', ['-axo', 'pid=,command='], { encoding: 'utf8' }).split('\n');
  return lines
    .filter((line) => line.includes(runFolder) && !line.includes('serai-guard'))
    .map((line) => ({ pid: Number.parseInt(line, 10), command: line.trim().replace(/^\d+\s+/, '') }));
}

/** Gives processes that are just ending some time to be gone, then returns the others. */
export async function findLeftovers(runFolder, patienceMs) {
  const look = () =>
    (process.platform === 'linux' ? fromProc : fromPs)(runFolder).filter(({ pid }) => pid !== process.pid);
  for (let waited = 0; waited < patienceMs && look().length > 0; waited += 100) await sleep(100);
  return look();
}
