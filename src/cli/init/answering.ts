import type { Cli } from '../cli.ts'
import { CommandError } from '../command-error.ts'
import type { Answers } from './answers.ts'
import { QUESTIONS } from './questions.ts'

export type Key = keyof typeof QUESTIONS
export const KEYS = Object.keys(QUESTIONS) as Key[]

/**
 * Makes what gives the answers: those of options, or of a person, or the defaults. `person` asks somebody; absent if nobody is to
 * be asked.
 */
export function makeAnswer(
  given: Partial<Record<Key, string>>,
  person: Cli['ask'] | undefined,
  note: Cli['note'],
): <K extends Key>(key: K) => Promise<Answers[K]> {
  return async (key) => {
    const { text, default: usual, read } = QUESTIONS[key]
    let said = given[key] ?? (person === undefined ? usual : undefined)
    while (said === undefined) {
      const typed = await person?.(`${text} [${usual}]: `)
      if (typed === undefined) throw new CommandError('nothing was written: the questions were not answered')
      const problem = problemOf(key, typed.trim() || usual)
      if (problem === undefined) said = typed.trim() || usual
      else note(problem)
    }
    return read(said)
  }
}

/** What is wrong with an answer; `undefined` if nothing is. */
export function problemOf(key: Key, answer: string): string | undefined {
  try {
    QUESTIONS[key].read(answer)
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
