import { inspect } from 'node:util';
import { createContext, runInContext } from 'node:vm';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { shownOf } from '../../test/calls.ts';
import {
  BackupApiError,
  BackupAuthError,
  BackupError,
  BackupLockError,
  BackupNetworkError,
  BackupParseError,
  BackupPropertiesError,
  BackupRequestError,
  BackupTimeoutError,
  isBackupError,
} from '../index.ts';

const classes = {
  BackupApiError,
  BackupAuthError,
  BackupLockError,
  BackupNetworkError,
  BackupParseError,
  BackupPropertiesError,
  BackupRequestError,
  BackupTimeoutError,
};
const call = { operation: 'createBackupRecord', method: 'POST', path: '/backup/record', attempts: 2 };

describe.each(Object.entries(classes))('%s', (name, BackupXError) => {
  it('is recognised by its name, as an Error, and as an error of this package', () => {
    const error = new BackupXError('failed', call);
    expect(error).toBeInstanceOf(BackupError);
    expect(error).toBeInstanceOf(Error);
    expect(error.name).toBe(name);
    expect(String(error)).toBe(`${name}: createBackupRecord: failed`);
    expect(isBackupError(error)).toBe(true);
  });

  it('has its fields, which JSON and inspection show with name and message', () => {
    const headers = new Headers({ 'x-request-id': 'id', 'x-b': '2' });
    const error = new BackupXError('failed', { ...call, status: 400, headers, cause: new TypeError('because') });
    expect(error).toMatchObject({ ...call, status: 400, headers, message: 'createBackupRecord: failed: because' });
    expect(JSON.parse(JSON.stringify(error))).toEqual({
      name,
      message: 'createBackupRecord: failed: because',
      ...call,
      status: 400,
      headers: { 'x-request-id': 'id', 'x-b': '2' },
      cause: 'because',
    });
    for (const shown of [name, 'createBackupRecord: failed: because', 'attempts: 2', "'x-b': '2'", 'TypeError']) {
      expect(inspect(error)).toContain(shown);
    }
  });

  it('has a message in one line, also without fields and cause', () => {
    const error = new BackupXError(' a\r\n  b\tc ');
    expect(error.message).toBe('a b c');
    expect('cause' in error).toBe(false);
    expect(JSON.parse(JSON.stringify(error))).toEqual({ name, message: 'a b c' });
    expect(new BackupXError('', call).message).toBe('createBackupRecord');
    expect(new BackupXError('x', { cause: undefined }).message).toBe('x');
  });
});

it('the base of all errors is not one of them', () => {
  const error = new BackupError('x');
  expect(error.name).toBe('BackupError');
  expect(isBackupError(error)).toBe(false);
});

describe('the cause of an error', () => {
  it.each<[string, unknown, string]>([
    ['an error', new Error('no'), 'x: no'],
    ['a string', 'no', 'x: no'],
    ['a number', 7, 'x: number'],
    ['a symbol', Symbol('no'), 'x: symbol'],
    ['a function', () => 1, 'x: function'],
    ['an object', {}, 'x: object'],
    ['an object with a message', { message: 'no' }, 'x: no'],
    ['an object with another message', { message: 7 }, 'x: object'],
    ['null', null, 'x'],
    ['zero', 0, 'x'],
    ['an error with a cause', new TypeError('fetch failed', { cause: new Error('reset') }), 'x: reset'],
    ['an error with a cause of a cause', new Error('a', { cause: new Error('b', { cause: new Error('c') }) }), 'x: c'],
    ['an error with a cause that says nothing', new TypeError('fetch failed', { cause: {} }), 'x: fetch failed'],
    ['an error with a string as its cause', new TypeError('fetch failed', { cause: 'reset' }), 'x: reset'],
    ['an error with null as its cause', new TypeError('fetch failed', { cause: null }), 'x: fetch failed'],
  ])('is in its message, and is kept: %s', (_what, cause, message) => {
    const error = new BackupError('x', { cause });
    expect(error.message).toBe(message);
    expect(error.cause).toBe(cause);
    expect(() => shownOf(error)).not.toThrow();
  });
});

describe('isBackupError', () => {
  it('recognises errors of another realm, and of a second copy of the package', () => {
    for (const name of Object.keys(classes)) {
      const context = createContext({});
      const foreign: unknown = runInContext(`Object.assign(new Error('x'), { name: '${name}' })`, context);
      expect(foreign).not.toBeInstanceOf(Error);
      expect(isBackupError(foreign)).toBe(true);
    }
  });

  it('recognises no others', () => {
    const others = [undefined, null, 0, '', 'BackupApiError', {}, [], new Error('x'), new DOMException('x')];
    const named = ['Error', 'BackupError', 'XBackupApiError', 'BackupApiErrorX', 'BackupError', 'BackupOtherError', ''];
    for (const other of [...others, ...[...named, undefined, 7, null].map((name) => ({ name }))]) {
      expect(isBackupError(other)).toBe(false);
    }
  });

  it('narrows to the fields of an error by its name', () => {
    const fieldsOf = (error: unknown): unknown => {
      if (!isBackupError(error)) return undefined;
      switch (error.name) {
        case 'BackupApiError':
          expectTypeOf(error).toEqualTypeOf<BackupApiError>();
          return [error.operation, error.status, error.code, error.msg, error.headers.get('x'), error.requestId];
        case 'BackupParseError':
          return [error.path, error.status, error.contentType, error.body, error.requestId];
        case 'BackupTimeoutError':
          return [error.method, error.timeoutMs];
        case 'BackupLockError':
          expectTypeOf(error.work).toEqualTypeOf<PromiseSettledResult<unknown> | undefined>();
          return [error.lockId, error.work];
        case 'BackupPropertiesError':
          return [error.properties];
        case 'BackupAuthError':
        case 'BackupNetworkError':
        case 'BackupRequestError':
          return [error.operation, error.attempts, error.cause];
        default:
          expectTypeOf(error).toBeNever();
          return error;
      }
    };
    expect(fieldsOf(new BackupTimeoutError('x', { ...call, timeoutMs: 5 }))).toEqual(['POST', 5]);
    expect(fieldsOf(new Error('x'))).toBeUndefined();
    // @ts-expect-error not every error has this field
    expectTypeOf((error: unknown) => isBackupError(error) && error.status).toBeFunction();
  });
});
