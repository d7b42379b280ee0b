// What a person does in a browser: one scenario per run, facts as JSON on standard output.
//   node scenarios.mjs serve                  a browser for all of them, until standard input ends
//   node scenarios.mjs NAME '{"url": …}'      in the browser at KEYFOB_BROWSER
import { createRequire } from 'node:module';

// Not `import`, which would not look into NODE_PATH.
const { chromium } = createRequire(import.meta.url)('playwright-core');

const [name, given] = [process.argv[2], JSON.parse(process.argv[3] ?? '{}')];
let browser;
if (name === 'serve') {
  const server = await chromium.launchServer({
    executablePath: process.env.KEYFOB_CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--force-color-profile=srgb'],
  });
  console.log(server.wsEndpoint());
  process.stdin.on('end', () => server.close()).resume();
} else {
  browser = await chromium.connect(process.env.KEYFOB_BROWSER);
  try {
    console.log(JSON.stringify(await { look, confirm, read, operate }[name](given)));
  } finally {
    await browser.close();
  }
}

// A page of a fresh browser that can reach nothing but the service, and what went wrong in it.
async function open({ url, width = 1280, height = 900, scale = 1, scheme = 'light', scripts = true, ...more }) {
  const context = await browser.newContext({
    viewport: { width, height }, deviceScaleFactor: scale, colorScheme: scheme,
    javaScriptEnabled: scripts, ...more.context,
  });
  const page = await context.newPage();
  const faults = { external: [], console: [] };
  const origin = new URL(url).origin;
  await context.route(() => true, route => {
    if (new URL(route.request().url()).origin === origin) return route.continue();
    faults.external.push(route.request().url());
    return route.abort();
  });
  page.on('console', said => {
    // The browser notes every answer that is an error, also one that a test asked for.
    const expected = said.text().startsWith('Failed to load resource') && said.location().url === page.url();
    if (['error', 'warning'].includes(said.type()) && !expected) faults.console.push(said.text());
  });
  page.on('pageerror', error => faults.console.push(String(error)));
  const answer = await page.goto(url, { waitUntil: 'load' });
  return { page, answer, faults };
}

async function facts(page) {
  return {
    title: await page.title(),
    heading: await page.locator('h1').first().innerText(),
    text: await page.locator('body').innerText(),
    width: await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]),
    cut: await page.locator('pre').evaluateAll(all => all.filter(one => one.scrollWidth > one.clientWidth).length),
  };
}

// Opens a page and takes a picture.
async function look(given) {
  const { page, answer, faults } = await open(given);
  if (given.shot) await page.screenshot({ path: given.shot, fullPage: !given.top });
  const link = page.locator('a[href^="otpauth://"]');
  return {
    status: answer.status(), headers: answer.headers(), ...faults, ...(await facts(page)),
    uri: (await link.count()) ? await link.first().getAttribute('href') : null,
    links: await page.locator('a').evaluateAll(all => all.map(one => one.href)),
    forms: await page.locator('form').count(),
  };
}

// Opens an email as a mail program does that shows HTML and runs no script.
async function read({ html, width, scheme, shot }) {
  const { page, faults } = await open({ url: 'about:blank', width, height: 700, scheme, scripts: false });
  await page.setContent(html, { waitUntil: 'load' });
  if (shot) await page.screenshot({ path: shot, fullPage: true });
  const code = page.locator('.code strong');
  return {
    ...faults,
    text: await page.locator('body').innerText(),
    code: await code.innerText(),
    size: await code.evaluate(one => parseFloat(getComputedStyle(one).fontSize)),
    direction: await page.locator('p').first().evaluate(one => getComputedStyle(one).direction),
    codeDirection: await code.evaluate(one => getComputedStyle(one).direction),
    width: await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]),
    active: await page.locator('a, img, script, link, iframe, form, object, audio, video').count(),
  };
}

// Types a code: with the keyboard alone, or with a pointer.
async function confirm(given) {
  const { page, faults } = await open(given);
  const field = page.getByLabel('Code from the app');
  let tabs = 0;
  if (given.keyboard) {
    while (!(await field.evaluate(one => one === document.activeElement))) {
      await page.keyboard.press('Tab');
      if (++tabs > 30) throw new Error('the field cannot be reached with the keyboard');
    }
    const outline = await field.evaluate(one => getComputedStyle(one).outlineStyle + getComputedStyle(one).boxShadow);
    if (/^nonenone$/.test(outline)) throw new Error('the focus cannot be seen');
    if (given.focusShot) await page.screenshot({ path: given.focusShot, fullPage: true });
    await page.keyboard.type(given.code);
    await Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')]);
  } else {
    await field.fill(given.code);
    const button = page.getByRole('button', { name: 'Confirm' });
    await Promise.all([page.waitForNavigation(), button.click()]);
  }
  if (given.shot) await page.screenshot({ path: given.shot, fullPage: true });
  const alert = page.getByRole('alert');
  return {
    tabs, ...faults, ...(await facts(page)),
    alert: (await alert.count()) ? await alert.first().innerText() : null,
    focused: await page.evaluate(() => document.activeElement?.id ?? null),
    described: await page.evaluate(() => document.querySelector('#code')?.getAttribute('aria-describedby') ?? null),
  };
}

// Logs in to the console with the keyboard, looks round, logs out and goes back.
async function operate(given) {
  const { page, faults } = await open(given);
  const context = page.context();
  const [login] = [await facts(page)];
  if (given.loginShot) await page.screenshot({ path: given.loginShot, fullPage: true });
  const field = page.getByLabel('API key');
  login.focused = await field.evaluate(one => one === document.activeElement);
  login.kind = await field.getAttribute('type');
  login.contrast = await contrast(page);
  await page.keyboard.type(given.key);
  const [answer] = await Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')]);
  const seen = { status: answer.status(), headers: answer.headers(), url: page.url(), login, ...faults, ...(await facts(page)) };
  if (given.shot) await page.screenshot({ path: given.shot, fullPage: true });
  const alert = page.getByRole('alert');
  seen.alert = (await alert.count()) ? await alert.first().innerText() : null;
  seen.cookies = await context.cookies();
  seen.contrast = await contrast(page);
  if (seen.alert !== null) return seen;
  seen.visible_to_scripts = await page.evaluate(() => document.cookie);
  seen.landmarks = await page.evaluate(() => ['header', 'main', 'h1'].map(name => document.querySelectorAll(name).length));
  seen.headings = await page.locator('h1, h2, h3').evaluateAll(all => all.map(one => [one.tagName, one.innerText]));
  seen.tables = await page.locator('table').evaluateAll(all => all.map(one => ({
    caption: one.caption?.textContent ?? null, heads: one.querySelectorAll('thead th[scope=col]').length,
    rows: [...one.tBodies[0].rows].map(row => [...row.cells].map(cell => cell.innerText)),
  })));
  seen.pictures = await page.getByRole('img').evaluateAll(all => all.map(one => one.getAttribute('aria-labelledby')));
  seen.bars = await page.locator('.plot rect.sent').evaluateAll(all => all.map(one => Number(one.getAttribute('height'))));
  seen.titles = await page.locator('.plot title').allTextContents();
  const details = page.locator('summary');
  if (await details.count()) {
    await details.focus();
    await page.keyboard.press('Enter');
    seen.opened = await page.getByRole('table', { name: 'Messages and codes by the hour' }).isVisible();
    if (given.openShot) await page.screenshot({ path: given.openShot, fullPage: true });
  }
  const other = await context.newPage();
  await other.goto(given.url);
  seen.second_tab = await other.locator('h1').innerText();
  await other.close();
  const button = page.getByRole('button', { name: 'Log out' });
  await button.focus();
  seen.focus_is_seen = await button.evaluate(one => getComputedStyle(one).outlineStyle !== 'none');
  await Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')]);
  seen.after = await facts(page);
  seen.cookies_after = await context.cookies();
  await page.goBack();
  seen.back = await facts(page);
  await page.goto(given.url);
  seen.again = await facts(page);
  return seen;
}

// The least contrast of any text with what is behind it (WCAG 2, 1.4.3), and where that is.
async function contrast(page) {
  return page.evaluate(() => {
    const parse = text => (text.match(/[\d.]+/g) ?? []).map(Number);
    const channel = value => (value /= 255) <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
    const behind = one => {
      for (; one; one = one.parentElement) {
        const [r, g, b, a = 1] = parse(getComputedStyle(one).backgroundColor);
        if (a === 1) return [r, g, b];
      }
      return [255, 255, 255];
    };
    let worst = { ratio: 21, text: '' };
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
      const one = texts.currentNode.parentElement;
      if (!texts.currentNode.data.trim() || one.closest('svg, style')) continue;
      const [a, b] = [light(parse(getComputedStyle(one).color)), light(behind(one))];
      const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
      if (ratio < worst.ratio) worst = { ratio, text: texts.currentNode.data.trim() };
    }
    return worst;
  });
}
