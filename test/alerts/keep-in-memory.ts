import type { ChannelMemory } from '../../src/alerts/channel.ts'

/** A memory of a channel that lasts as long as the test. */
export function keepInMemory(): ChannelMemory {
  const kept = new Map<string, string>()
  return {
    get: async (subject) => kept.get(subject),
    set: async (subject, value) => void kept.set(subject, value),
    forget: async (subject) => void kept.delete(subject),
  }
}
