import { signal } from '@preact/signals'
import { printable } from '../../../src/platform/printable.ts'

/** How long a message that something was done stays, in ms. */
const STAYS_MS = 6_000

interface Message {
  id: number
  text: string
  isFailure: boolean
}

const messages = signal<readonly Message[]>([])
let last = 0

const put = (text: string, isFailure: boolean): Message => {
  const message = { id: ++last, text, isFailure }
  messages.value = [...messages.value, message]
  return message
}

const close = (id: number) => {
  messages.value = messages.value.filter((message) => message.id !== id)
}

/** Says at the edge of the page that something was done. */
export function say(text: string): void {
  const { id } = put(text, false)
  setTimeout(() => close(id), STAYS_MS)
}

/** Says at the edge of the page why something was not done. It stays until somebody closes it. */
export function sayFailure(error: unknown): void {
  put(error instanceof Error ? error.message : String(error), true)
}

const Toast = ({ id, text, isFailure }: Message) => (
  <p class={isFailure ? 'toast toast-failure' : 'toast'} {...(isFailure && { role: 'alert' })}>
    {printable(text)}
    {isFailure && (
      <button type="button" class="plain" onClick={() => close(id)}>
        Close
      </button>
    )}
  </p>
)

export const Toasts = () => (
  <div class="toasts">
    <div role="status">
      {messages.value.map((message) => !message.isFailure && <Toast key={message.id} {...message} />)}
    </div>
    {messages.value.map((message) => message.isFailure && <Toast key={message.id} {...message} />)}
  </div>
)
