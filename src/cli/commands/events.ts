import { Type } from 'typebox'
import { EventDelivery } from '../../outgoing/deliveries.ts'
import { JobAsked } from '../../queue/job-status.ts'
import type { AddCommand } from '../cli.ts'
import { addGroup } from '../group.ts'
import { Next, noteNext, type PageOptions, queryOf, withPage } from '../page-options.ts'
import { table } from '../table.ts'

const Deliveries = Type.Object({ deliveries: Type.Array(EventDelivery), ...Next })

export const addEvents: AddCommand = (program, cli) => {
  const events = addGroup(program, 'events').description('Look at what other programs were told.')

  withPage(events.command('deliveries'))
    .description('List the events that were sent, newest first, and what became of them.')
    .action(async (options: PageOptions) => {
      const service = await cli.service()
      const page = await service.get(`/v1/events/deliveries${queryOf(options)}`, Deliveries)
      const rows = page.deliveries.map(({ at, receiver, result, type, subject, id, answer }) => [
        ...[at, receiver, result, type, subject, id, answer ?? ''],
      ])
      if (rows.length === 0) cli.note('no events were sent')
      cli.show(page, table(['AT', 'RECEIVER', 'RESULT', 'TYPE', 'SUBJECT', 'ID', 'ANSWER'], rows))
      noteNext(cli, page)
    })

  events
    .command('replay')
    .description('Send an event again to the receiver that a delivery was for.')
    .argument('ID', 'the id of the delivery, as "events deliveries" lists it')
    .action(async (id: string) => {
      const service = await cli.service()
      const path = `/v1/events/deliveries/${encodeURIComponent(id)}/replay`
      const asked = await service.post(path, {}, JobAsked)
      cli.show(asked, [`it is sent again: job ${asked.job.id} of ${asked.job.queue}`])
    })
}
