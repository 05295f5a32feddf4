import { sparkline } from '../history/sparkline.ts'
import { minuteText } from '../platform/timestamp.ts'
import { formatSize } from '../platform/units.ts'
import type { ActionFacts } from '../queue/action-facts.ts'
import type { Message } from './message.ts'

/** The parts of a message that tell what to act on. */
export function actionParts({ growth, pushes, history, frees }: ActionFacts): {
  facts: Message['facts']
  lists: Message['lists']
  sparkline?: NonNullable<Message['sparkline']>
} {
  const sign = growth && growth.bytes < 0 ? '-' : '+'
  return {
    facts: [
      ...(growth
        ? [
            {
              label: 'Growth',
              value: `${sign}${formatSize(Math.abs(growth.bytes))} since ${growth.since.slice(0, 10)}`,
            },
          ]
        : []),
      ...(frees ? [{ label: 'Expiry plan', value: freesText(frees) }] : []),
    ],
    lists: pushes
      ? [
          {
            title: 'What added most in seven days',
            items: pushes.map(
              ({ image, at, by, bytes }) =>
                `+${formatSize(bytes)}: ${image}, ${minuteText(at)}${by === undefined ? '' : ` by ${by}`}`,
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

/** It is a plan as of the alert, and no promise: `would free about 3.0 GiB: 12 images (policy old)`. */
function freesText({ bytes, images, policies, isExact }: NonNullable<ActionFacts['frees']>): string {
  const [one = '', ...more] = policies
  const by = more.length === 0 ? `policy ${one}` : `policies ${policies.join(', ')}`
  if (images === 0) return `would free nothing${isExact ? '' : ' for now'} (${by})`
  const about = isExact ? '' : 'about '
  return `would free ${about}${formatSize(bytes)}: ${images} ${images === 1 ? 'image' : 'images'} (${by})`
}
