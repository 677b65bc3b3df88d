// Loaded before the apps of an end-to-end test. An access point whose participant has a file in SERAI_TEST_CLOCKS shows another time: the file holds by
// how many milliseconds, and may change while the process runs. Everything else goes on as it is.
import fs from 'node:fs';
import path from 'node:path';

const { SERAI_TEST_CLOCKS: folder, SERAI_ACCESS_POINT_PARTICIPANT: participant } = process.env;

function shiftClock(file) {
  const TrueDate = globalThis.Date;
  let shiftMs = 0;
  const look = () => {
    shiftMs = fs.existsSync(file) ? Number(fs.readFileSync(file, 'utf8')) : 0;
  };
  look();
  setInterval(look, 50).unref();
  globalThis.Date = class ShiftedDate extends TrueDate {
    constructor(...given) {
      super(...(given.length === 0 ? [TrueDate.now() + shiftMs] : given));
    }
    static now() {
      return TrueDate.now() + shiftMs;
    }
    // Dates that the platform itself makes are dates too.
    static [Symbol.hasInstance](value) {
      return value instanceof TrueDate;
    }
  };
}

if (folder && participant) shiftClock(path.join(folder, participant.split(':').at(-1)));
