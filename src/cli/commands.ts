import type { AddCommand } from './cli.ts'
import { COMPLETE } from './completion/complete.ts'

/** The commands in the order of the help. Each is loaded when it is needed: all of them take a second. */
const COMMANDS: Record<string, () => Promise<AddCommand>> = {
  usage: async () => (await import('./commands/usage.ts')).addUsage,
  history: async () => (await import('./commands/history.ts')).addHistory,
  growth: async () => (await import('./commands/growth.ts')).addGrowth,
  forecast: async () => (await import('./commands/forecast.ts')).addForecast,
  report: async () => (await import('./commands/report.ts')).addReport,
  overview: async () => (await import('./commands/overview.ts')).addOverview,
  repositories: async () => (await import('./commands/repositories.ts')).addRepositories,
  contents: async () => (await import('./commands/contents.ts')).addContents,
  images: async () => (await import('./commands/images.ts')).addImages,
  tags: async () => (await import('./commands/tags.ts')).addTags,
  reclaimable: async () => (await import('./commands/reclaimable.ts')).addReclaimable,
  flags: async () => (await import('./commands/flags.ts')).addFlags,
  quota: async () => (await import('./commands/quota.ts')).addQuota,
  alerts: async () => (await import('./commands/alerts.ts')).addAlerts,
  events: async () => (await import('./commands/events.ts')).addEvents,
  promote: async () => (await import('./commands/promote.ts')).addPromote,
  promotion: async () => (await import('./commands/promotion.ts')).addPromotion,
  expire: async () => (await import('./commands/expire.ts')).addExpire,
  runs: async () => (await import('./commands/runs.ts')).addRuns,
  expiry: async () => (await import('./commands/expiry.ts')).addExpiry,
  replay: async () => (await import('./commands/replay.ts')).addReplay,
  trash: async () => (await import('./commands/trash.ts')).addTrash,
  audit: async () => (await import('./commands/audit.ts')).addAudit,
  registries: async () => (await import('./commands/registries.ts')).addRegistries,
  deliveries: async () => (await import('./commands/deliveries.ts')).addDeliveries,
  reconcile: async () => (await import('./commands/reconcile.ts')).addReconcile,
  snapshot: async () => (await import('./commands/snapshot.ts')).addSnapshot,
  quarantine: async () => (await import('./commands/quarantine.ts')).addQuarantine,
  jobs: async () => (await import('./commands/jobs.ts')).addJobs,
  storage: async () => (await import('./commands/storage.ts')).addStorage,
  broken: async () => (await import('./commands/broken.ts')).addBroken,
  repair: async () => (await import('./commands/repair.ts')).addRepair,
  scrub: async () => (await import('./commands/scrub.ts')).addScrub,
  gc: async () => (await import('./commands/gc.ts')).addGc,
  store: async () => (await import('./commands/store.ts')).addStore,
  uses: async () => (await import('./commands/uses.ts')).addUses,
  token: async () => (await import('./commands/token.ts')).addToken,
  session: async () => (await import('./commands/session.ts')).addSession,
  whoami: async () => (await import('./commands/whoami.ts')).addWhoami,
  names: async () => (await import('./commands/names.ts')).addNames,
  config: async () => (await import('./commands/config.ts')).addConfig,
  init: async () => (await import('./commands/init.ts')).addInit,
  doctor: async () => (await import('./commands/doctor.ts')).addDoctor,
  start: async () => (await import('./commands/start.ts')).addStart,
  completion: async () => (await import('./commands/completion.ts')).addCompletion,
  help: async () => (await import('./commands/help.ts')).addHelp,
}

/** The commands that look at all others. */
const NEED_ALL = ['help', 'completion']

/**
 * Loads the commands that these arguments may call, which costs less than to find out which of their words is the command. All of
 * them if none is named: the help and a suggestion need them.
 */
export async function loadCommands(argv: readonly string[]): Promise<AddCommand[]> {
  if (argv.length === 1 && argv[0] === '--version') return []
  const isTyping = argv[0] === COMPLETE
  // The last word is the one that is typed: it may be the beginning of another name.
  const words = isTyping ? argv.slice(0, -1) : argv
  const named = Object.keys(COMMANDS).filter((name) => words.includes(name))
  const isSome = named.length > 0 && !NEED_ALL.some((name) => words.includes(name))
  return Promise.all(
    Object.entries(COMMANDS)
      .filter(([name]) => !isSome || named.includes(name) || (isTyping && name === 'completion'))
      .map(([, load]) => load()),
  )
}
