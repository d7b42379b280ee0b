import { vi } from 'vitest';

globalThis.jest = vi; // the same functions under another name
