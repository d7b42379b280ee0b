export const table: {
  secret: string;
  delta: number;
  digest: string;
  digestIndex: number;
  epoch: number;
  token: string;
}[] = [
  {
    secret: 'i6im0gc96j0mn00c',
    delta: -1,
    digest: '7fb0b2599ef239111e51ca22e6cefa3c03553598',
    digestIndex: 1,
    epoch: 1565017294387,
    token: '676642'
  },
  {
    secret: 'i6im0gc96j0mn00c',
    delta: 0,
    digest: '0d8101dd177590411484e19e66be43d84fd71085',
    digestIndex: 0,
    epoch: 1565017329607,
    token: '388116'
  },
  {
    secret: 'i6im0gc96j0mn00c',
    delta: 1,
    digest: '8f822b26873985c9f0268eca7811dc92210780f6',
    digestIndex: 2,
    epoch: 1565017364743,
    token: '120294'
  },
  {
    secret: 'i6im0gc96j0mn00c',
    delta: 2,
    digest: '46bc50a61afa32cbcc28bc5b7149050e40421e54',
    digestIndex: 3,
    epoch: 1565017387837,
    token: '604619'
  }
];
