import { HttpError } from './problem.ts'

/** The registry of this name. @throws HttpError 404 if there is none */
export function registryNamed<Of extends { name: string }>(registries: readonly Of[], name: string): Of {
  const registry = registries.find((one) => one.name === name)
  if (registry === undefined)
    throw unknown(
      name,
      registries.map((one) => one.name),
    )
  return registry
}

/** The same for who knows only names. @throws HttpError 404 if there is none of this name */
export function requireRegistry(names: readonly string[], name: string): void {
  if (!names.includes(name)) throw unknown(name, names)
}

const unknown = (name: string, names: readonly string[]): HttpError =>
  new HttpError(404, `there is no registry "${name}"; configured: ${names.join(', ') || 'none'}`)
