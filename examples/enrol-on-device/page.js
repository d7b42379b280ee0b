// A page that enrols its user on the device: the secret is made, shown and tried out here.

import { Enrolment, Secret, qrSvg } from '@keyfob/web/generator';

const secret = Secret.generate();
const enrolment = new Enrolment({ secret, account: 'you@example.com', issuer: 'Example' });
const totp = enrolment.generator();
let state = null;

const picture = new Image();
picture.alt = 'QR code with the secret';
picture.src = `data:image/svg+xml,${encodeURIComponent(qrSvg(enrolment))}`;
document.querySelector('#qr').append(picture);
document.querySelector('#open').href = enrolment.toUri();
for (const four of secret.exposeBase32().match(/.{1,4}/g)) {
  const group = document.createElement('span');
  group.textContent = four;
  document.querySelector('#secret').append(group, document.createElement('wbr')); // copied as one word
}
document.querySelector('main').hidden = false;

document.querySelector('#check').addEventListener('submit', (event) => {
  event.preventDefault();
  const code = document.querySelector('#code');
  const judged = totp.verify(code.value.replace(/\s/g, ''), { state });
  if (judged.valid) state = judged.state; // the same code is not taken twice
  const result = document.querySelector('#result');
  result.dataset.valid = judged.valid;
  result.textContent = WORDS[judged.outcome];
  code.setAttribute('aria-invalid', !judged.valid);
  if (!judged.valid) code.select(); // to be typed over
  document.querySelector('#check').hidden = judged.valid; // there is nothing left to check
});

const WORDS = {
  accepted: 'That is right: your app shows the codes of this page. A real page would now store the secret.',
  replayed: 'That code was used already. Wait for the next one.',
  mismatch: 'That is not the code. Check that the clock of your phone is right, and try again.',
  malformed: 'A code has six digits.',
};
