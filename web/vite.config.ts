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

/** Pages between which people go. Each other folder of pages is a file of its own. */
const TOGETHER: Record<string, readonly string[]> = {
  projects: ['projects', 'project'],
  images: ['runs', 'trash', 'replay', 'promotions'],
  operations: ['alerts', 'broken-images', 'registries', 'storage', 'queues', 'quarantine'],
}

/**
 * In which file a module is. What pages share is one file, and so are pages between which people go: files of a few hundred bytes
 * each, as they come by default, are 10 % more in all, and a page needs ten of them. Timelines are large, and few pages have one.
 */
function chunkOf(id: string): string | null {
  if (/\/src\/parts\/(?!timeline)|\/src\/api\//.test(id)) return 'parts'
  const page = /\/src\/pages\/([^/]+)\//.exec(id)?.[1]
  if (page === undefined) return null
  return Object.keys(TOGETHER).find((name) => TOGETHER[name]?.includes(page)) ?? page
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
