import { Type } from 'typebox'
import { EventDelivery } from '../../outgoing/deliveries.ts'
import { JobAsked } from '../../queue/job-status.ts'
import type { AddCommand } from '../cli.ts'
import { withColumns } from '../described.ts'
import { addGroup } from '../group.ts'
import { columns } from '../output/columns.ts'
import { Next, type PageOptions, queryOf, withPage } from '../page-options.ts'
import { showList } from '../show-list.ts'
import { table } from '../table.ts'

const Deliveries = Type.Object({ deliveries: Type.Array(EventDelivery), ...Next })

const COLUMNS = columns<EventDelivery>('at', 'receiver', 'result', 'type', 'subject', 'id', 'answer')
const JOB_COLUMNS = columns<JobAsked>('job.queue', 'job.id')

export const addEvents: AddCommand = (program, cli) => {
  const events = addGroup(program, 'events').description('Look at what other programs were told.')

  withColumns(withPage(events.command('deliveries')), COLUMNS)
    .description('List the events that were sent, newest first, and what became of them.')
    .action(async (options: PageOptions) => {
      const service = await cli.service()
      await showList(cli, {
        ask: (query) => service.get(`/v1/events/deliveries${queryOf(query)}`, Deliveries),
        ...{ options, key: 'deliveries', columns: COLUMNS, lines: tableOf, none: 'no events were sent' },
      })
    })

  withColumns(events.command('replay'), JOB_COLUMNS)
    .description('Send an event again to the receiver that a delivery was for.')
    .argument('ID', 'the id of the delivery, as "events deliveries" lists it')
    .action(async (id: string) => {
      const service = await cli.service()
      const path = `/v1/events/deliveries/${encodeURIComponent(id)}/replay`
      const asked = await service.post(path, {}, JobAsked)
      const lines = [`it is sent again: job ${asked.job.id} of ${asked.job.queue}`]
      await cli.show({ value: asked, columns: JOB_COLUMNS, lines })
    })
}

const tableOf = (deliveries: readonly EventDelivery[]) =>
  table(
    ['AT', 'RECEIVER', 'RESULT', 'TYPE', 'SUBJECT', 'ID', 'ANSWER'],
    deliveries.map(({ at, receiver, result, type, subject, id, answer }) => [
      ...[at, receiver, { word: result }, type, subject, id, answer ?? ''],
    ]),
  )
