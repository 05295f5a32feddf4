import { printable } from '../../../src/platform/printable.ts'

const TIME = /(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z)/

/** A sentence of the service. The times in it are shown as people write them, in their own time zone. */
export const Told = ({ text }: { text: string }) => (
  <span class="said">
    {text.split(TIME).map((part, n) =>
      TIME.test(part) ? (
        <time key={n} dateTime={part} title={part}>
          {new Date(part).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' })}
        </time>
      ) : (
        printable(part)
      ),
    )}
  </span>
)
