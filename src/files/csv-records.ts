import { type ByteSource, chunksOf } from "./byte-source.ts";
import { inputError } from "./input-error.ts";
import { maxOf } from "../util/extremes.ts";

/** One record of a CSV file with the line on which it begins, counted from 1. */
export interface CsvRecord {
  readonly line: number;
  readonly fields: readonly string[];
}

/** Longer records are not tables of numbers but another kind of file. */
const MAX_RECORD_CHARACTERS = 1 << 23;

const DELIMITERS = [",", ";", "\t"];

/**
 * The records of a CSV file (RFC 4180: quoted fields, "" for a quote, line breaks inside quotes).
 * Fields are split at the character that the first record holds most often of comma, semicolon and
 * tab. Blank lines and a byte-order mark are skipped. Memory: one record.
 *
 * @throws ThalwegError `csv-quote`, `csv-record-too-long`
 */
export function* csvRecords(source: ByteSource): Generator<CsvRecord> {
  let delimiter: string | undefined;
  let record = "";
  let begin = 1;
  let quotes = 0;
  let number = 0;
  for (const line of lines(source)) {
    number++;
    if (record === "") begin = number;
    record = record === "" ? line : `${record}\n${line}`;
    if (record.length > MAX_RECORD_CHARACTERS) throw tooLong(source, begin);
    quotes += countQuotes(line);
    if (quotes % 2 === 1) continue;
    if (record.trim() !== "") {
      delimiter ??= chooseDelimiter(record);
      yield {
        line: begin,
        fields: quotes === 0 ? record.split(delimiter) : splitQuoted(source, begin, record, delimiter),
      };
    }
    record = "";
    quotes = 0;
  }
  if (quotes % 2 === 1) throw badQuote(source, begin, "is never closed");
}

function* lines(source: ByteSource): Generator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  let seen = 0;
  for (const chunk of chunksOf(source)) {
    const text = rest + decoder.decode(chunk, { stream: true });
    let start = 0;
    for (let end = text.indexOf("\n", seen); end >= 0; end = text.indexOf("\n", start)) {
      yield withoutReturn(text.slice(start, end));
      start = end + 1;
    }
    rest = text.slice(start);
    seen = rest.length;
    if (rest.length > MAX_RECORD_CHARACTERS) throw tooLong(source);
  }
  rest += decoder.decode();
  if (rest !== "") yield withoutReturn(rest);
}

function withoutReturn(line: string): string {
  return line.endsWith("\r") ? line.slice(0, -1) : line;
}

function countQuotes(line: string): number {
  let count = 0;
  for (let at = line.indexOf('"'); at >= 0; at = line.indexOf('"', at + 1)) count++;
  return count;
}

function chooseDelimiter(record: string): string {
  const outside = record.replaceAll(/"[^"]*"/g, "");
  const counts = DELIMITERS.map((delimiter) => outside.split(delimiter).length);
  return DELIMITERS[counts.indexOf(maxOf(counts))];
}

function splitQuoted(source: ByteSource, line: number, record: string, delimiter: string): string[] {
  const fields: string[] = [];
  for (let at = 0; ; at++) {
    if (record[at] === '"') {
      let end = record.indexOf('"', at + 1);
      while (record[end + 1] === '"') end = record.indexOf('"', end + 2);
      if (end < 0) throw badQuote(source, line, "is never closed");
      fields.push(record.slice(at + 1, end).replaceAll('""', '"'));
      at = end + 1;
      if (at < record.length && record[at] !== delimiter)
        throw badQuote(source, line, "is followed by more text in the same field");
    } else {
      const next = record.indexOf(delimiter, at);
      const end = next < 0 ? record.length : next;
      fields.push(record.slice(at, end));
      at = end;
    }
    if (at >= record.length) return fields;
  }
}

function badQuote(source: ByteSource, line: number, reason: string) {
  return inputError(
    "csv-quote",
    `A quoted field on line ${line} of ${source.name} ${reason}.`,
    { file: source.name },
    'Write a quote inside a quoted field as "".',
  );
}

function tooLong(source: ByteSource, line?: number) {
  return inputError(
    "csv-record-too-long",
    `${source.name} has a record of more than ${MAX_RECORD_CHARACTERS} characters${line === undefined ? "" : ` on line ${line}`}.`,
    { file: source.name },
    "Check that it is a CSV file, and that every quote is closed.",
  );
}
