export { redoclyCli, redoclyEnv, runRedocly } from '../../spec/build/redocly.ts';
