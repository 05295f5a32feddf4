import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { logIn, startBrowser } from '../lab/browser.ts'
import { makeService } from '../lab/service.ts'
import { READ_TOKEN } from '../lab/tallyman.ts'
import { startBenchRedis } from './bench-redis.ts'
import { writeSite } from './dashboard-site.ts'
import { median } from './median.ts'

const LOADS = 5
const READS = 9
/** Wheel turns over the list of all projects, and how far each goes, in CSS pixels. */
const TURNS = 60
const TURN_PX = 900

/**
 * The overview of the dashboard in Chromium, with 5,000 and 10,000 projects (small: 250 and 500): how long after the first byte of the page all
 * projects are drawn, how smoothly the list of all scrolls, and what the answer of the API costs.
 */
export async function dashboard({ small, say }: { small: boolean; say: (line: string) => void }) {
  const server = await startBenchRedis()
  const redis = new Redis(server.port, { replyMapping: 'legacy' })
  const service = await makeService({ redisUrl: server.url })
  const browser = await startBrowser()
  try {
    const deps = { redis, prefix: 'tallyman' }
    const sizes = small ? [250, 500] : [5_000, 10_000]
    await writeSite(deps, { projects: sizes[0] ?? 0, say })
    await service.startApi()
    const results: Record<string, number> = {}
    for (const projects of sizes) {
      if (projects !== sizes[0]) await writeSite(deps, { projects, say })
      results[`api_ms_${projects}`] = await readMs(service.url)
      const page = await browser.open({})
      await logIn(page, service.url, READ_TOKEN)
      const drawn: number[] = []
      for (let n = 0; n < LOADS; n++) {
        await page.goto(`${service.url}/?list=projects`)
        // The page's Content-Security-Policy forbids waitForFunction.
        while (!(await page.evaluate<boolean>("performance.getEntriesByName('overview-drawn').length > 0")))
          await sleep(20)
        drawn.push(
          await page.evaluate<number>(
            "performance.getEntriesByName('overview-drawn')[0].startTime - performance.getEntriesByType('navigation')[0].responseStart",
          ),
        )
      }
      results[`drawn_ms_${projects}`] = Math.round(median(drawn))
      say(`${projects} projects: drawn ${drawn.map(Math.round).join(', ')} ms after the first byte`)
      Object.assign(results, await scroll(page, projects))
      if (page.faults.length > 0) throw new Error(`the page had faults: ${page.faults.join('; ')}`)
      await page.context().close()
    }
    return results
  } finally {
    await browser.close()
    await service.close()
    redis.disconnect()
    await server.close()
  }
}

async function readMs(url: string): Promise<number> {
  const times: number[] = []
  for (let n = 0; n < READS; n++) {
    const began = performance.now()
    const answer = await fetch(`${url}/v1/overview`, { headers: { authorization: `Bearer ${READ_TOKEN}` } })
    if (!answer.ok) throw new Error(`the overview: ${answer.status}`)
    await answer.arrayBuffer()
    times.push(performance.now() - began)
  }
  return Math.round(median(times))
}

/** Scrolls through the list and measures the time between frames, and tasks of more than 50 ms. */
async function scroll(
  page: Awaited<ReturnType<Awaited<ReturnType<typeof startBrowser>>['open']>>,
  projects: number,
) {
  await page.locator('.tree-box').hover()
  await page.evaluate(`
    window.frames_ = []
    window.long_ = 0
    new PerformanceObserver((list) => { window.long_ += list.getEntries().length }).observe({ type: 'longtask' })
    let last = performance.now()
    const tick = (now) => { window.frames_.push(now - last); last = now; requestAnimationFrame(tick) }
    requestAnimationFrame(tick)
  `)
  for (let n = 0; n < TURNS; n++) await page.mouse.wheel(0, TURN_PX)
  const frames = (await page.evaluate<number[]>('window.frames_')).sort((a, b) => a - b)
  return {
    [`frame_p95_ms_${projects}`]: Math.round(frames[Math.floor(frames.length * 0.95)] ?? 0),
    [`long_tasks_${projects}`]: await page.evaluate<number>('window.long_'),
  }
}
