// Loaded before a root script, and run in place of Yarn: says in one line what to type where pnpm does not run this.
// Plain JavaScript of 2023, because Node 20 cannot read TypeScript.

const agent = process.env.npm_config_user_agent ?? '';
const isYarn = process.env.YARN_IGNORE_PATH !== undefined;
if (isYarn || /^(npm|yarn)\//.test(agent) || !process.features.typescript) {
  const command = process.env.npm_lifecycle_event ?? process.argv[2] ?? 'install';
  console.error(`This repository runs with pnpm only, which also brings its Node. Type: npx -y pnpm@12 ${command}`);
  process.exit(1);
}
