import { sparkline } from '../history/sparkline.ts'
import { formatSize } from '../platform/units.ts'
import type { ActionFacts } from '../queue/action-facts.ts'
import type { Message } from './message.ts'

/** The parts of a message that tell what to act on. */
export function actionParts({ growth, pushes, history }: ActionFacts): {
  facts: Message['facts']
  lists: Message['lists']
  sparkline?: NonNullable<Message['sparkline']>
} {
  const sign = growth && growth.bytes < 0 ? '-' : '+'
  return {
    facts: growth
      ? [
          {
            label: 'Growth',
            value: `${sign}${formatSize(Math.abs(growth.bytes))} since ${growth.since.slice(0, 10)}`,
          },
        ]
      : [],
    lists: pushes
      ? [
          {
            title: 'What added most in seven days',
            items: pushes.map(
              ({ image, at, by, bytes }) =>
                `+${formatSize(bytes)}: ${image}, ${at.slice(0, 16).replace('T', ' ')}${by === undefined ? '' : ` by ${by}`}`,
            ),
          },
        ]
      : [],
    ...(history && {
      sparkline: {
        title: 'The last eight days',
        text: sparkline(history.map((value) => value ?? undefined)),
      },
    }),
  }
}
