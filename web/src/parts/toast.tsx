import { signal } from '@preact/signals'
import { printable } from '../../../src/platform/printable.ts'

/** How long a message stays, in ms. */
const STAYS_MS = 6_000
const messages = signal<readonly { id: number; text: string }[]>([])
let last = 0

/** Says at the edge of the page that something was done. */
export function say(text: string): void {
  const id = ++last
  messages.value = [...messages.value, { id, text }]
  setTimeout(() => {
    messages.value = messages.value.filter((message) => message.id !== id)
  }, STAYS_MS)
}

export const Toasts = () => (
  <div class="toasts" role="status">
    {messages.value.map(({ id, text }) => (
      <p key={id} class="toast">
        {printable(text)}
      </p>
    ))}
  </div>
)
