import { channel } from './channels.ts'
import { Duration } from './quantity-fields.ts'
import { list, section } from './sections.ts'

export const alerts = section('Alerts.', {
  gather: Duration('How long an alert waits for others: many at once become one message.', {
    default: '10s',
  }),
  channels: list('The channels.', channel),
})
