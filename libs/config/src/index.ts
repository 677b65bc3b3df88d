export { readEnvironment } from './read-environment.js';
export {
  brokerList,
  flag,
  httpUrl,
  type LogLevel,
  listenHost,
  listenPort,
  logLevel,
  postgresUrl,
  secret,
  text,
} from './variables.js';
