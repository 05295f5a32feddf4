import type { Command } from 'commander'

/** An example of each command, as one types it after `tallyman`. */
const EXAMPLES: Record<string, string> = {
  usage: 'usage ci/team/app',
  history: 'history ci/team/app --from 2026-10',
  growth: 'growth ci/team/app --since 2026-10-01',
  forecast: 'forecast --registry ci --until 2027-06',
  report: 'report --month 2026-10 --by project --output csv',
  overview: 'overview',
  repositories: 'repositories ci/team/app --sizes',
  contents: 'contents ci/team/app --repository team/app --sort size',
  images: 'images ci/team/app --output json > images.json',
  tags: 'tags ci/team/app --all --output csv',
  reclaimable: 'reclaimable ci/team/app --repository team/app --tag v1',
  flags: 'flags --flag over',
  'quota show': 'quota show ci/team/app',
  'quota check': 'quota check ci/team/app || echo "too much"',
  'quota set': 'quota set ci/team/app 80GiB --for 7d --why "release week"',
  'quota clear': 'quota clear ci/team/app',
  alerts: 'alerts --limit 10',
  'alerts test': 'alerts test ops-chat',
  'alerts channels': 'alerts channels',
  'alerts snooze': 'alerts snooze ci/team/app --for 3d --why "migration"',
  'alerts unsnooze': 'alerts unsnooze ci/team/app',
  'alerts snoozes': 'alerts snoozes',
  'alerts deliveries': 'alerts deliveries --limit 20',
  'events deliveries': 'events deliveries --limit 20',
  'events replay': 'events replay 1764150000000-0',
  promote: 'promote ci/team/app:v1 --to production',
  'promotion rules': 'promotion rules',
  'promotion targets': 'promotion targets ci/team/app:v1',
  'promotion list': 'promotion list --state waiting',
  'promotion approve': 'promotion approve j1f0c --by ann',
  'promotion audit': 'promotion audit --rule releases',
  'promotion show': 'promotion show j1f0c',
  'promotion receipt': 'promotion receipt j1f0c --signed > receipt.json',
  'promotion verify': 'promotion verify receipt.json --key receipts.pem',
  'promotion rollback': 'promotion rollback j1f0c',
  expire: 'expire branches --apply',
  runs: 'runs --limit 10',
  'expiry policies': 'expiry policies',
  'expiry curve': 'expiry curve policy.yaml --key olderThan --value 7d 14d 30d',
  'expiry plan': 'expiry plan branches --project ci/team/app --why',
  'expiry diff': 'expiry diff branches',
  'expiry stop': 'expiry stop branches',
  'expiry keep': 'expiry keep ci/team/app:v1 --for 30d --why "in use at a customer"',
  'expiry keeps': 'expiry keeps',
  'expiry unkeep': 'expiry unkeep ci/team/app:v1',
  'expiry try': 'expiry try policy.yaml --images images.json',
  'trash list': 'trash list --registry ci --repository team/app',
  'trash show': 'trash show ci/team/app:pr-1',
  'trash restore': 'trash restore ci/team/app:pr-1',
  'trash purge': 'trash purge --before 2026-10-01T00:00:00Z --dry-run',
  audit: 'audit --limit 20',
  'session list': 'session list',
  'session end': 'session end 5f2c0a9d1e7b4c3a86d0f1e2',
  registries: 'registries',
  reconcile: 'reconcile ci --dry-run',
  'storage report': 'storage report ci --survey',
  broken: 'broken --registry ci',
  repair: 'repair ci/team/app:v1 --from production/team/app',
  'scrub status': 'scrub status ci',
  'scrub run': 'scrub run ci',
  'storage doctor': 'storage doctor ci',
  'snapshot list': 'snapshot list',
  'snapshot write': 'snapshot write',
  'snapshot restore': 'snapshot restore --dry-run',
  'quarantine list': 'quarantine list --registry ci',
  'quarantine show': 'quarantine show 1764150000000-0',
  'quarantine replay': 'quarantine replay --registry ci',
  'quarantine discard': 'quarantine discard --reason "not JSON" --dry-run',
  jobs: 'jobs',
  'jobs failed': 'jobs failed alerts',
  'jobs delayed': 'jobs delayed promotion',
  'jobs show': 'jobs show reconcile 7',
  'jobs retry': 'jobs retry alerts --all',
  'jobs discard': 'jobs discard alerts --all --dry-run',
  'uses report': 'uses report images.txt --source kubelet-node-7',
  'token create': "token create team-a --project 'ci/team-a/**' --verb read --for 90d",
  'token list': 'token list',
  'token revoke': 'token revoke team-a',
  whoami: 'whoami',
  names: 'names',
  init: 'init --registry https://registry.example.com --yes',
  doctor: 'doctor --url https://tallyman.example.com',
  'config check': 'config check tallyman.yaml --connect',
  'config schema': 'config schema > tallyman.schema.json',
  start: 'start api',
  completion: 'completion bash > /etc/bash_completion.d/tallyman',
  help: 'help snapshot restore',
}

/** The words that call a command, without the name of the program. */
export const wordsOf = (command: Command): string =>
  command.parent === null ? '' : `${wordsOf(command.parent)} ${command.name()}`.trim()

/** Ends the help of each command with its example. */
export function addExamples(command: Command): void {
  for (const child of command.commands) {
    addExamples(child)
    const example = EXAMPLES[wordsOf(child)]
    if (example !== undefined) child.addHelpText('after', `\nExample:\n    tallyman ${example}`)
  }
}

/** The example of a command, without the name of the program; `undefined` if it has none. */
export const exampleOf = (command: Command): string | undefined => EXAMPLES[wordsOf(command)]
