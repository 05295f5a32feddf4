import { Argument } from 'commander'
import { heedReloadSignal } from '../../platform/reload-signal.ts'
import { QUEUE_NAMES } from '../../queue/jobs.ts'
import type { AddCommand } from '../cli.ts'

const PARTS = ['api', 'workers', ...QUEUE_NAMES] as const
type Part = (typeof PARTS)[number]

export const addStart: AddCommand = (program) => {
  program
    .command('start')
    .description('Run the service until it is told to stop.')
    .addArgument(
      new Argument('[PART...]', 'what this process does: a queue, or "workers" for all queues')
        .choices(PARTS)
        .default(['api', 'workers'], 'everything'),
    )
    .action(async (parts: Part[]) => {
      const signal = heedReloadSignal()
      // Only here: the other commands need not wait until the service is loaded.
      const { start } = await import('../../start.ts')
      const queues = QUEUE_NAMES.filter((queue) => parts.includes('workers') || parts.includes(queue))
      await start({ http: parts.includes('api'), queues }, signal)
    })
}
