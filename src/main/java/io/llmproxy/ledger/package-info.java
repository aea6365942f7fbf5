/**
 * The ledger: what each attempt and each exchange took and cost, in files of lines that prove themselves whole. It holds numbers and names
 * of the configuration, and never a prompt, an address or a key. Callers never wait for the disk.
 */
@NullMarked
package io.llmproxy.ledger;

import org.jspecify.annotations.NullMarked;
