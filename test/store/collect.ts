/** Everything an iteration yields (`Array.fromAsync` is not in the es2024 library). */
export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}
