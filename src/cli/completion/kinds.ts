import type { Argument, Option } from 'commander'

/** What an argument or an option wants, where the service knows the values, or where it is a file. */
export type Kind =
  | 'file'
  | 'projects'
  | 'snapshots'
  | 'registries'
  | 'groups'
  | 'channels'
  | 'expiryPolicies'
  | 'promotionRules'

/** By the name in angle brackets. */
const BY_NAME: Record<string, Kind> = {
  ...{
    FILE: 'file',
    PROJECT: 'projects',
    REGISTRY: 'registries',
    CHANNEL: 'channels',
    RULE: 'promotionRules',
  },
  KEY: 'snapshots',
}

/** By the option, where its value is only called a name. */
const BY_OPTION: Record<string, Kind> = {
  ...{ '--registry': 'registries', '--group': 'groups', '--rule': 'promotionRules', '--project': 'projects' },
}

/** `expiry try` takes a file as its POLICY. */
export function kindOfArgument(argument: Argument): Kind | undefined {
  const name = argument.name()
  if (name === 'POLICY') return argument.description.startsWith('a file') ? 'file' : 'expiryPolicies'
  return BY_NAME[name]
}

export function kindOfOption({ long, flags }: Option): Kind | undefined {
  const [, name = ''] = /[<[]([A-Z|]+)/.exec(flags) ?? []
  // The option of a token takes globs.
  if (name === 'GLOB') return undefined
  return BY_NAME[name] ?? BY_OPTION[long ?? '']
}
