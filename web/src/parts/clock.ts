import { signal } from '@preact/signals'

/** How exact times such as `3m ago` are, in ms. */
const TICK_MS = 15_000

/** The time now, epoch ms, for what is shown and grows old while a page stays open. It stands still while the page is hidden. */
export const clock = signal(Date.now())

const tick = () => {
  if (!document.hidden) clock.value = Date.now()
}
setInterval(tick, TICK_MS)
document.addEventListener('visibilitychange', tick)
