const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (character) => escapes[character] ?? '');

/** Nothing is loaded from anywhere. The form's answer is a redirect to a loopback address, which browsers count as a form target. */
export const PAGE_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'; form-action 'self' http://127.0.0.1:* http://[::1]:* http://localhost:*";

const page = (title: string, body: string): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title}</title>
<style>
body { font: 1.125rem/1.5 system-ui, sans-serif; max-width: 24rem; margin: 4rem auto; padding: 0 1rem; color: #1a1a1a; background: #fff }
label, input, button { display: block; width: 100%; box-sizing: border-box; font: inherit }
label { margin-top: 1rem }
input { padding: .5rem; border: 2px solid #555; border-radius: .25rem }
button { margin-top: 1.5rem; padding: .6rem; border: 0; border-radius: .25rem; color: #fff; background: #14427a }
input:focus-visible, button:focus-visible { outline: 3px solid #b35900; outline-offset: 2px }
[role=alert] { padding: .5rem; border-left: .4rem solid #a40000; background: #fdeaea }
</style>
</head>
<body>
<main>
${body}
</main>
</body>
</html>
`;

/** The login form. It names no account; a failed attempt does not say which half was wrong. */
export function loginPage(uid: string, failed: boolean, username = ''): string {
  const alert = failed ? '<p role="alert" id="wrong">Login name or password is wrong. Try again.</p>' : '';
  const described = failed ? ' aria-describedby="wrong"' : '';
  const focusOn = (field: 'name' | 'password'): string => ((field === 'password') === failed ? ' autofocus' : '');
  return page(
    'Log in to Caravanserai',
    `<h1>Log in</h1>
<p>Caravanserai, development identities.</p>
${alert}
<form method="post" action="/login/${encodeURIComponent(uid)}">
<label for="username">Login name</label>
<input id="username" name="username" value="${escapeHtml(username)}" autocomplete="username" autocapitalize="none" spellcheck="false" required${described}${focusOn('name')}>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required${described}${focusOn('password')}>
<button type="submit">Log in</button>
</form>`,
  );
}

/** What somebody sees whose login cannot go on. */
export function errorPage(sentence: string): string {
  return page('Login failed', `<h1>Login failed</h1>\n<p role="alert">${escapeHtml(sentence)}</p>`);
}
