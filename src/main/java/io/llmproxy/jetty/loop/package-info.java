/** Event loops: who reads and writes connections, and on which thread. */
@NullMarked
package io.llmproxy.jetty.loop;

import org.jspecify.annotations.NullMarked;
