/** What `/` answers, for people who look what listens here. */
export const FRONT_PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Tallyman</title>
<h1>Tallyman</h1>
<p>This service counts who uses how much of a container registry. Registries send their notifications to
<code>/v1/events</code>.</p>
<p><a href="docs">The API</a> · <a href="openapi.json">openapi.json</a> · <a href="readyz">readyz</a> ·
<a href="metrics">metrics</a></p>
</html>
`
