import { HttpError } from './problem.ts'

/** The registry of this name. @throws HttpError 404 if there is none */
export function registryNamed<Of extends { name: string }>(registries: readonly Of[], name: string): Of {
  const registry = registries.find((one) => one.name === name)
  if (registry !== undefined) return registry
  const names = registries.map((one) => one.name).join(', ')
  throw new HttpError(404, `there is no registry "${name}"; configured: ${names}`)
}
