export interface BarrierSettings {
  /** How long nobody may have written or linked a blob, in ms. */
  minAgeMs: number
  /** How long pushes may wait at a time, in ms. */
  pauseMs: number
  /** How long pushes go on between two such times, in ms. */
  restMs: number
  /** How long requests that were let through before may still take, in ms. */
  drainMs: number
  /** By how much the clocks of the store and of Tallyman may differ, in ms. */
  clocksMs: number
}
