import { type Static, Type } from 'typebox'
import { Value } from 'typebox/value'
import type { ChannelMemory } from '../channel.ts'
import type { Message, Severity } from '../message.ts'
import { line } from './plain.ts'

/** Characters of a text that are remembered. */
const TEXT_LIMIT = 500

/** A message that a channel has posted about a subject, and can edit. */
const Posted = Type.Object({
  /** The id of the message. */
  id: Type.String(),
  severity: Type.Enum(['info', 'resolved', 'warning', 'critical']),
  at: Type.String(),
  text: Type.String(),
  /** Where it is, in the words of the chat. */
  place: Type.String(),
})
export type Posted = Static<typeof Posted>

/** Remembers the message that was posted last about each subject. */
export function makePosted(memory: ChannelMemory) {
  return {
    /** `again`: the very message was posted already. `current`: the message that tells an earlier state of what is not over. */
    async find({ id, subject }: Message): Promise<{ again: boolean; current: Posted | undefined }> {
      const last = parse(await memory.get(subject))
      if (last?.id === id) return { again: true, current: undefined }
      return { again: false, current: last?.severity === 'resolved' ? undefined : last }
    },
    async remember({ id, severity, at, text, subject }: Message, place: string): Promise<void> {
      const posted: Posted = { id, severity, at, text: line(text, TEXT_LIMIT), place }
      await memory.set(subject, JSON.stringify(posted))
    },
  }
}

function parse(text: string | undefined): Posted | undefined {
  const value: unknown = text === undefined ? undefined : JSON.parse(text)
  return Value.Check(Posted, value) ? value : undefined
}

const URGENCY: Record<Severity, number> = { resolved: 0, info: 0, warning: 1, critical: 2 }

/** Whether a state is more urgent than the one before, so that people must be told anew. */
export const isWorse = (before: Severity, now: Severity): boolean => URGENCY[now] > URGENCY[before]
