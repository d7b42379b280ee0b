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
    console.log(JSON.stringify(await { look, confirm, read }[name](given)));
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

