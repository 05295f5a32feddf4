import { Argument, type Command } from 'commander'
import { type Static, Type } from 'typebox'
import { JobStatus } from '../../queue/job-status.ts'
import { QUEUE_NAMES } from '../../queue/jobs.ts'
import type { AddCommand } from '../cli.ts'
import { CommandError } from '../command-error.ts'
import { Next, noteNext, type PageOptions, queryOf, withPage } from '../page-options.ts'
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

export const addJobs: AddCommand = (program, cli) => {
  const jobs = program
    .command('jobs')
    .summary('Count the jobs; list, retry and discard failed jobs.')
    .description(
      'Count the jobs of each queue by state. The commands list delayed jobs, and list, retry and discard failed jobs.',
    )
    .action(async () => {
      if (jobs.args[0] !== undefined) unknownCommand(jobs, jobs.args[0])
      const service = await cli.service()
      const answer = await service.get('/v1/jobs', Queues)
      cli.show(answer, formatQueues(answer))
    })

  withPage(jobs.command('failed'))
    .description('List the failed jobs of a queue and their reasons, newest first.')
    .addArgument(queueArgument())
    .action(async (queue: string, options: PageOptions) => {
      const service = await cli.service()
      const page = await service.get(`/v1/jobs/${queue}/failed${queryOf(options)}`, Listed)
      cli.note(`shown ${page.jobs.length}, failed ${page.total}`)
      cli.show(page, formatFailed(page))
      noteNext(cli, page)
    })

  withPage(jobs.command('delayed'))
    .description(
      'List the jobs of a queue that run later, the next one first: when at the earliest, and why their last attempt failed.',
    )
    .addArgument(queueArgument())
    .action(async (queue: string, options: PageOptions) => {
      const service = await cli.service()
      const page = await service.get(`/v1/jobs/${queue}/delayed${queryOf(options)}`, Listed)
      cli.note(`shown ${page.jobs.length}, delayed ${page.total}`)
      cli.show(page, formatDelayed(page))
      noteNext(cli, page)
    })

  jobs
    .command('show')
    .description('Show the state and the data of a job, and why its last attempt failed.')
    .addArgument(queueArgument())
    .argument('<ID>', 'the ID of the job')
    .action(async (queue: string, id: string) => {
      const service = await cli.service()
      const job = await service.get(pathOf(queue, id), Job)
      cli.show(job, linesOfJson(job))
    })

  withSelection(jobs.command('retry'))
    .description('Retry failed jobs of a queue: one by its ID, or all.')
    .action(async (queue: string, id: string | undefined, { all }: { all?: true }, command: Command) => {
      checkSelection(id, all, command)
      const service = await cli.service()
      const answer = await service.post(`${pathOf(queue, id)}/retry`, {}, Retried)
      cli.show(answer, [`to be tried again: ${'retried' in answer ? answer.retried : 1}`])
    })

  withSelection(jobs.command('discard'))
    .description('Delete failed jobs of a queue for good: one by its ID, or all.')
    .option('--lose-events', 'discard jobs of the queue "events" and lose their events')
    .action(async (queue: string, id: string | undefined, options: DiscardOptions, command: Command) => {
      checkSelection(id, options.all, command)
      if (queue === 'events' && !options.loseEvents)
        throw new CommandError(
          'the jobs of the queue "events" hold events that were acknowledged to a registry: retry them (tallyman jobs retry events), or say --lose-events',
        )
      const service = await cli.service()
      const query = options.loseEvents ? '?loseEvents=true' : ''
      const answer = await service.delete(`${pathOf(queue, id)}${query}`, Discarded)
      cli.show(answer, [`discarded: ${answer.discarded}`])
    })
}

interface DiscardOptions {
  all?: true
  loseEvents?: true
}

const queueArgument = (): Argument => new Argument('<QUEUE>', 'the name of a queue').choices(QUEUE_NAMES)

const withSelection = (command: Command): Command =>
  command
    .addArgument(queueArgument())
    .argument('[ID]', 'the ID of a failed job')
    .option('--all', 'all failed jobs of the queue')

/** Ends the command as wrong usage unless exactly one of an ID and `--all` is given. */
function checkSelection(id: string | undefined, all: true | undefined, command: Command): void {
  if ((id === undefined) !== (all === true)) command.error('error: expected one of: ID, --all')
}

/** A job of a queue; without an ID all failed jobs of the queue. */
const pathOf = (queue: string, id: string | undefined): string =>
  `/v1/jobs/${queue}/${id === undefined ? 'failed' : encodeURIComponent(id)}`

const formatQueues = ({ queues }: Static<typeof Queues>): string[] =>
  table(
    ['QUEUE', 'WAITING', 'ACTIVE', 'DELAYED', 'FAILED', 'NEXT DELAYED RUNS'],
    queues.map(({ queue, waiting, active, delayed, failed, nextRunAt }) => [
      ...[queue, waiting, active, delayed, failed, nextRunAt ?? ''],
    ]),
  )

const formatFailed = ({ jobs }: Static<typeof Listed>): string[] =>
  table(
    ['ID', 'ATTEMPTS', 'GIVEN UP', 'REASON'],
    jobs.map((job) => [job.id, job.attempts, job.failedAt ?? '', firstLineOf(job.failedReason)]),
  )

const formatDelayed = ({ jobs }: Static<typeof Listed>): string[] =>
  table(
    ['ID', 'ATTEMPTS', 'RUNS', 'REASON'],
    jobs.map((job) => [job.id, job.attempts, job.nextRunAt ?? '', firstLineOf(job.failedReason)]),
  )

const firstLineOf = (text: string | null): string => text?.split('\n')[0] ?? ''
