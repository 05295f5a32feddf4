import { Argument, type Command } from 'commander'
import { type Static, Type } from 'typebox'
import { JobStatus } from '../../queue/job-status.ts'
import { QUEUE_NAMES } from '../../queue/jobs.ts'
import type { AddCommand, Cli } from '../cli.ts'
import { CommandError } from '../command-error.ts'
import { confirm, withYes } from '../confirm.ts'
import { withColumns } from '../described.ts'
import { columns } from '../output/columns.ts'
import { Next, type PageOptions, queryOf, withPage } from '../page-options.ts'
import type { Service } from '../service.ts'
import { showList } from '../show-list.ts'
import { linesOfJson, table } from '../table.ts'
import { unknownCommand } from '../unknown-command.ts'

const Queues = Type.Object({
  queues: Type.Array(
    Type.Object({
      queue: Type.String(),
      waiting: Type.Integer(),
      active: Type.Integer(),
      delayed: Type.Integer(),
      failed: Type.Integer(),
      nextRunAt: Type.Union([Type.String(), Type.Null()]),
    }),
  ),
})
/** The part of the answer that is shown. */
const Listed = Type.Object({
  ...Next,
  total: Type.Integer(),
  jobs: Type.Array(
    Type.Object({
      id: Type.String(),
      attempts: Type.Integer(),
      failedReason: Type.Union([Type.String(), Type.Null()]),
      failedAt: Type.Union([Type.String(), Type.Null()]),
      nextRunAt: Type.Union([Type.String(), Type.Null()]),
    }),
  ),
})
const Job = Type.Object({ ...JobStatus.properties, data: Type.Unknown() })
const Retried = Type.Union([Type.Object({ id: Type.String() }), Type.Object({ retried: Type.Integer() })])
const Discarded = Type.Object({ discarded: Type.Integer() })

const QUEUE_COLUMNS = columns<Static<typeof Queues>['queues'][number]>(
  ...(['queue', 'waiting', 'active', 'delayed', 'failed', 'nextRunAt'] as const),
)
type Listed = Static<typeof Listed>
const LISTED_COLUMNS = columns<Listed['jobs'][number]>(
  ...(['id', 'attempts', 'failedReason', 'failedAt', 'nextRunAt'] as const),
)
const JOB_COLUMNS = columns<Static<typeof Job>>(
  ...(['id', 'state', 'attempts', 'failedReason', 'progress', 'result', 'data'] as const),
)
const RETRIED_COLUMNS = columns<Static<typeof Retried>>([
  'retried',
  (answer) => ('retried' in answer ? answer.retried : 1),
])
const DISCARDED_COLUMNS = columns<Static<typeof Discarded>>('discarded')

export const addJobs: AddCommand = (program, cli) => {
  const jobs = withColumns(program.command('jobs'), QUEUE_COLUMNS)
    .summary('Count the jobs; list, retry and discard failed jobs.')
    .description(
      'Count the jobs of each queue by state. The commands list delayed jobs, and list, retry and discard failed jobs.',
    )
    .action(async () => {
      if (jobs.args[0] !== undefined) unknownCommand(jobs, jobs.args[0])
      const service = await cli.service()
      const answer = await service.get('/v1/jobs', Queues)
      const { queues } = answer
      await cli.show({ value: answer, rows: queues, columns: QUEUE_COLUMNS, lines: formatQueues(answer) })
    })

  withColumns(withPage(jobs.command('failed')), LISTED_COLUMNS)
    .description('List the failed jobs of a queue and their reasons, newest first.')
    .addArgument(queueArgument())
    .action(async (queue: string, options: PageOptions) => {
      const service = await cli.service()
      await list(cli, service, { queue, state: 'failed', options })
    })

  withColumns(withPage(jobs.command('delayed')), LISTED_COLUMNS)
    .description(
      'List the jobs of a queue that run later, the next one first: when at the earliest, and why their last attempt failed.',
    )
    .addArgument(queueArgument())
    .action(async (queue: string, options: PageOptions) => {
      const service = await cli.service()
      await list(cli, service, { queue, state: 'delayed', options })
    })

  withColumns(jobs.command('show'), JOB_COLUMNS)
    .description('Show the state and the data of a job, and why its last attempt failed.')
    .addArgument(queueArgument())
    .argument('<ID>', 'the ID of the job')
    .action(async (queue: string, id: string) => {
      const service = await cli.service()
      const job = await service.get(pathOf(queue, id), Job)
      await cli.show({ value: job, columns: JOB_COLUMNS, lines: linesOfJson(job) })
    })

  const retry = withSelection(jobs.command('retry'))
  withColumns(retry, RETRIED_COLUMNS)
  withColumns(retry, LISTED_COLUMNS, 'with --dry-run')
  retry
    .description('Retry failed jobs of a queue: one by its ID, or all.')
    .action(async (queue: string, id: string | undefined, options: Selection, command: Command) => {
      checkSelection(id, options.all, command)
      const service = await cli.service()
      if (options.dryRun) return showSelected(cli, service, queue, id)
      const answer = await service.post(`${pathOf(queue, id)}/retry`, {}, Retried)
      const lines = [`to be tried again: ${'retried' in answer ? answer.retried : 1}`]
      await cli.show({ value: answer, columns: RETRIED_COLUMNS, lines })
    })

  const discard = withYes(withSelection(jobs.command('discard')))
  withColumns(discard, DISCARDED_COLUMNS)
  withColumns(discard, LISTED_COLUMNS, 'with --dry-run')
  discard
    .description('Delete failed jobs of a queue for good: one by its ID, or all.')
    .option('--lose-events', 'discard jobs of the queue "events" and lose their events')
    .action(async (queue: string, id: string | undefined, options: DiscardOptions, command: Command) => {
      checkSelection(id, options.all, command)
      if (options.dryRun) return showSelected(cli, await cli.service(), queue, id)
      if (queue === 'events' && !options.loseEvents)
        throw new CommandError(
          'the jobs of the queue "events" hold events that were acknowledged to a registry: retry them (tallyman jobs retry events), or say --lose-events',
        )
      const what =
        id === undefined ? `all failed jobs of the queue ${queue}` : `the job ${id} of the queue ${queue}`
      await confirm(cli, command, `delete ${what} for good`)
      const service = await cli.service()
      const query = options.loseEvents ? '?loseEvents=true' : ''
      const answer = await service.delete(`${pathOf(queue, id)}${query}`, Discarded)
      const lines = [`discarded: ${answer.discarded}`]
      await cli.show({ value: answer, columns: DISCARDED_COLUMNS, lines })
    })
}

async function list(
  cli: Cli,
  service: Service,
  { queue, state, options }: { queue: string; state: 'failed' | 'delayed'; options: PageOptions },
): Promise<void> {
  await showList(cli, {
    ask: (query) => service.get(`/v1/jobs/${queue}/${state}${queryOf(query)}`, Listed),
    ...{ options, key: 'jobs', columns: LISTED_COLUMNS },
    lines: state === 'failed' ? formatFailed : formatDelayed,
    remark: ({ jobs, total }) => `shown ${jobs.length}, ${state} ${total}`,
  })
}

/** What a command would be about: one job, or all failed ones of a queue. */
async function showSelected(cli: Cli, service: Service, queue: string, id: string | undefined) {
  if (id === undefined) await list(cli, service, { queue, state: 'failed', options: { all: true } })
  else {
    const job = await service.get(pathOf(queue, id), Job)
    await cli.show({ value: job, columns: LISTED_COLUMNS, lines: linesOfJson(job) })
  }
  cli.note('nothing was changed: this was a dry run')
}

interface Selection {
  all?: true
  dryRun?: true
}

interface DiscardOptions extends Selection {
  loseEvents?: true
}

const queueArgument = (): Argument => new Argument('<QUEUE>', 'the name of a queue').choices(QUEUE_NAMES)

const withSelection = (command: Command): Command =>
  command
    .addArgument(queueArgument())
    .argument('[ID]', 'the ID of a failed job')
    .option('--all', 'all failed jobs of the queue')
    .option('--dry-run', 'only list which jobs these are')

/** Ends the command as wrong usage unless exactly one of an ID and `--all` is given. */
function checkSelection(id: string | undefined, all: true | undefined, command: Command): void {
  if ((id === undefined) !== (all === true)) command.error('error: expected one of: ID, --all')
}

/** A job of a queue; without an ID all failed jobs of the queue. */
const pathOf = (queue: string, id: string | undefined): string =>
  `/v1/jobs/${queue}/${id === undefined ? 'failed' : encodeURIComponent(id)}`

const formatQueues = ({ queues }: Static<typeof Queues>) =>
  table(
    ['QUEUE', 'WAITING', 'ACTIVE', 'DELAYED', 'FAILED', 'NEXT DELAYED RUNS'],
    queues.map(({ queue, waiting, active, delayed, failed, nextRunAt }) => [
      ...[queue, waiting, active, delayed, failed, nextRunAt ?? ''],
    ]),
  )

const formatFailed = (jobs: Readonly<Listed['jobs']>) =>
  table(
    ['ID', 'ATTEMPTS', 'GIVEN UP', 'REASON'],
    jobs.map((job) => [job.id, job.attempts, job.failedAt ?? '', firstLineOf(job.failedReason)]),
  )

const formatDelayed = (jobs: Readonly<Listed['jobs']>) =>
  table(
    ['ID', 'ATTEMPTS', 'RUNS', 'REASON'],
    jobs.map((job) => [job.id, job.attempts, job.nextRunAt ?? '', firstLineOf(job.failedReason)]),
  )

const firstLineOf = (text: string | null): string => text?.split('\n')[0] ?? ''
