export { type Disposition, ERROR_TABLE, type ErrorCode, type ErrorRow } from './error-table.js';
export { type Problem, toProblem } from './problem.js';
export { isSeraiError, SeraiError, type SeraiErrorOptions } from './serai-error.js';
