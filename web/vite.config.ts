import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, gzip } from 'node:zlib'
import { defineConfig, type Plugin } from 'vite'

const DIST = join(import.meta.dirname, 'dist')

/** Writes each text file again as `.br` and `.gz`: the service sends these to whoever takes them. */
const compressed = (): Plugin => ({
  name: 'compressed',
  apply: 'build',
  async writeBundle() {
    for (const entry of await readdir(DIST, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || !/\.(js|css|html|svg)$/.test(entry.name)) continue
      const path = join(entry.parentPath, entry.name)
      const text = await readFile(path)
      await writeFile(`${path}.br`, await promisify(brotliCompress)(text))
      await writeFile(`${path}.gz`, await promisify(gzip)(text, { level: 9 }))
    }
  },
})

/**
 * The parts that pages share are one file, and so are the pages of a folder: in files of a few hundred bytes each, they would take
 * 5 % more. Timelines are large, and few pages have one.
 */
function chunkOf(id: string): string | null {
  if (/\/src\/parts\/(?!timeline)|\/src\/api\//.test(id)) return 'parts'
  return /\/src\/pages\/([^/]+)\//.exec(id)?.[1] ?? null
}

export default defineConfig({
  root: import.meta.dirname,
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  // The Content-Security-Policy allows no data: URL but for images, and each browser that has Preact signals has modulepreload.
  build: {
    ...{ target: 'es2023', assetsInlineLimit: 0, modulePreload: { polyfill: false } },
    // On a slow machine it would print how long the compression takes, as a warning.
    rolldownOptions: {
      checks: { pluginTimings: false },
      output: { codeSplitting: { includeDependenciesRecursively: false, groups: [{ name: chunkOf }] } },
    },
  },
  plugins: [compressed()],
  // `vite` alone serves the sources, beside a Tallyman that runs.
  server: {
    proxy: { '^/(v1|docs|openapi.json|schema)': process.env.TALLYMAN_URL ?? 'http://127.0.0.1:8080' },
  },
})
