import type { OnRedis, Parts } from '../parts.ts'

/** Makes what sets the gauges of messages that wait for channels, and of promotions that wait at gates. */
export function observeWaiting({ metrics, settings }: Parts, { lines, awaited }: OnRedis) {
  const ageOf = (since: number | undefined) =>
    since === undefined ? 0 : Math.max(0, Date.now() - since) / 1_000
  return async (): Promise<void> => {
    const channels = settings().config.alerts.channels.map(({ name }) => name)
    const waiting = await Promise.all(
      channels.map(async (channel) => ({ channel, ...(await lines.waiting(channel)) })),
    )
    const promotions = await awaited.all()
    // No scrape sees the gauges between here and the end: nothing waits.
    for (const gauge of [metrics.alertsWaiting, metrics.alertsOldest]) gauge.reset()
    for (const { channel, count, oldestAt } of waiting) {
      metrics.alertsWaiting.set({ channel }, count)
      metrics.alertsOldest.set({ channel }, ageOf(oldestAt))
    }
    metrics.promotionsWaiting.set(promotions.count)
    metrics.promotionsOldest.set(ageOf(promotions.oldestSince))
  }
}
