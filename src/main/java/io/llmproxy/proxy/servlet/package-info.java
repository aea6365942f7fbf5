/** Where a container hands over a request: the filters, in their order, and the servlet. */
@NullMarked
package io.llmproxy.proxy.servlet;

import org.jspecify.annotations.NullMarked;
