/** What `/` answers where the dashboard was not built, for people who look what listens here. */
export const FRONT_PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Tallyman</title>
<h1>Tallyman</h1>
<p>This service counts who uses how much of a container registry. Registries send their notifications to
<code>/v1/events</code>.</p>
<p>The dashboard was not built. In a checkout, <code>npm run web</code> builds it; then restart the service.</p>
<p><a href="docs">The API</a> · <a href="openapi.json">openapi.json</a> · <a href="readyz">readyz</a> ·
<a href="metrics">metrics</a></p>
</html>
`
