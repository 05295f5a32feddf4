import { RegistryError } from '../registry/registry-error.ts'

/** Ends a list with the reason if a registry fails: what was sent cannot be taken back. */
export async function* untilFailure<Line>(
  lines: AsyncGenerator<Line>,
): AsyncGenerator<Line | { error: string }> {
  try {
    yield* lines
  } catch (error) {
    if (!(error instanceof RegistryError)) throw error
    yield { error: error.message }
  }
}
