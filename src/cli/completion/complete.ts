import type { Argument, Command, Option } from 'commander'
import { type Kind, kindOfArgument, kindOfOption } from './kinds.ts'

/** The hidden command that the scripts of shells call. */
export const COMPLETE = '__complete'

/** Something that may stand next on a command line. */
export interface Candidate {
  value: string
  about: string
}

/** Printed alone where a file is expected: a shell knows these itself. */
export const FILES = ':files'

/** Gives the values of a kind, of which `typed` is there already. `url` and `caFile` are those of the command line. */
export type ValuesOf = (
  kind: Kind,
  typed: string,
  options: { url?: string; caFile?: string },
) => Promise<readonly string[]>

/** A value that no shell takes apart or runs. Others are left out: a registry may have told them. */
const SAFE = /^[\w./:@+,=-]+$/

/**
 * What may stand in place of the last of `words`, which are those after the name of the program; or FILES.
 */
export async function complete(
  program: Command,
  words: readonly string[],
  valuesOf: ValuesOf,
): Promise<Candidate[] | typeof FILES> {
  const typed = words.at(-1) ?? ''
  const { command, operands, pending, given, isOver } = read(program, words.slice(0, -1))
  const [, name = '', value] = /^(--[\w-]+)=(.*)$/.exec(typed) ?? []
  const option = pending ?? (value === undefined ? undefined : optionOf(command, name))
  const asked = { url: given.get('--url'), caFile: given.get('--ca-file') }
  const known = Object.fromEntries(Object.entries(asked).filter(([, text]) => text !== undefined))
  const ofKind = async (kind: Kind | undefined, text: string) => {
    if (kind === undefined) return []
    return (await valuesOf(kind, text, known)).map((value) => ({ value, about: '' }))
  }
  let found: Candidate[]
  if (option !== undefined) {
    const kind = kindOfOption(option)
    if (kind === 'file') return FILES
    const before = pending === undefined ? `${name}=` : ''
    const values = option.argChoices?.map(plain) ?? (await ofKind(kind, value ?? typed))
    found = values.map((one) => ({ ...one, value: before + one.value }))
  } else if (typed.startsWith('-') && !isOver) found = optionsLeft(command, given)
  else if (command.name() === 'help') found = namesBelow(operands.reduce(childOf, program))
  else {
    const argument = argumentAt(command, operands.length)
    if (argument !== undefined && kindOfArgument(argument) === 'file') return FILES
    const values =
      argument?.argChoices?.map(plain) ?? (await ofKind(argument && kindOfArgument(argument), typed))
    found = [...(operands.length === 0 ? namesBelow(command) : []), ...values]
  }
  return found.filter((one) => one.value.startsWith(typed) && SAFE.test(one.value))
}

/** What the words before the one that is typed say. */
function read(program: Command, words: readonly string[]) {
  let command = program
  let pending: Option | undefined
  let isOver = false
  const operands: string[] = []
  const given = new Map<string, string>()
  for (const word of words) {
    if (pending !== undefined) {
      given.set(pending.long ?? '', word)
      pending = undefined
    } else if (word === '--') isOver = true
    else if (word.startsWith('-') && !isOver) {
      const [name = '', value] = word.split(/=(.*)/)
      given.set(name, value ?? '')
      const option = optionOf(command, name)
      if (value === undefined && option !== undefined && takesValue(option)) pending = option
    } else {
      const child = operands.length === 0 ? command.commands.find((one) => one.name() === word) : undefined
      if (child === undefined) operands.push(word)
      else command = child
    }
  }
  return { command, operands, pending, given, isOver }
}

const takesValue = ({ required, optional }: Option): boolean => required || optional

/** The options of a command and of all above it. */
const optionsOf = (command: Command): readonly Option[] =>
  command.parent === null ? command.options : [...command.options, ...optionsOf(command.parent)]

const optionOf = (command: Command, name: string): Option | undefined =>
  optionsOf(command).find(({ long, short }) => long === name || short === name)

const optionsLeft = (command: Command, given: ReadonlyMap<string, string>): Candidate[] => [
  ...optionsOf(command)
    .filter(({ long, variadic, hidden }) => !hidden && (variadic || !given.has(long ?? '')))
    .map(({ long, description }) => ({ value: long ?? '', about: description })),
  { value: '--help', about: 'show this help' },
]

const namesBelow = (command: Command): Candidate[] =>
  command.commands
    .filter((child) => child.name() !== COMPLETE)
    .map((child) => ({ value: child.name(), about: child.summary() || child.description() }))

const childOf = (command: Command, name: string): Command =>
  command.commands.find((child) => child.name() === name) ?? command

function argumentAt({ registeredArguments }: Command, n: number): Argument | undefined {
  const last = registeredArguments.at(-1)
  return registeredArguments[n] ?? (last?.variadic ? last : undefined)
}

const plain = (value: string): Candidate => ({ value, about: '' })
