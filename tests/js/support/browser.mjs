// Chromium as Debian ships it.

export async function withBrowser(require, use) {
  const { chromium } = require('playwright-core');
  const executablePath = process.env.KEYFOB_CHROMIUM ?? '/usr/bin/chromium';
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  try {
    return await use(browser);
  } finally {
    await browser.close();
  }
}

/** A page on which any error fails. */
export async function withPage(browser, url, look) {
  const page = await browser.newPage();
  const errors = [];
  page.on('pageerror', (error) => errors.push(error));
  page.on('console', (message) => message.type() === 'error' && errors.push(new Error(message.text())));
  try {
    await page.goto(url);
    await page.waitForLoadState('networkidle');
    if (errors.length > 0) throw errors[0];
    const found = await look(page);
    if (errors.length > 0) throw errors[0];
    return found;
  } finally {
    await page.close();
  }
}
