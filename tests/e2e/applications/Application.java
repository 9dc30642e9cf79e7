// A Java process as its client libraries show it: client_java at the first port, Micrometer at the second.
//
// It does what the lines on its standard input say, until that ends: `fill` keeps two thirds of the heap, `collect`
// collects garbage over and over, `lock` has two threads wait for each other, and `calm` ends all of it.

import io.micrometer.core.instrument.binder.MeterBinder;
import io.micrometer.core.instrument.binder.jvm.ClassLoaderMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.prometheus.metrics.exporter.httpserver.HTTPServer;
import io.prometheus.metrics.instrumentation.jvm.JvmMetrics;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.locks.ReentrantLock;

public class Application {
    static final int PART = 50_000;
    static final int PAUSE_MS = 20;
    static final List<byte[]> kept = new ArrayList<>();
    static final List<Thread> busy = new ArrayList<>();

    public static void main(String[] ports) throws Exception {
        serve(Integer.parseInt(ports[0]), clientJava());
        serve(Integer.parseInt(ports[1]), micrometer());
        System.gc(); // Micrometer has no series of collections before the first.
        BufferedReader said = new BufferedReader(new InputStreamReader(System.in));
        for (String line = said.readLine(); line != null; line = said.readLine()) {
            switch (line) {
                case "fill" -> fill();
                case "collect" -> start(Application::collect);
                case "lock" -> lock();
                default -> calm();
            }
        }
        System.exit(0);
    }

    static PrometheusRegistry clientJava() {
        PrometheusRegistry registry = new PrometheusRegistry();
        JvmMetrics.builder().register(registry);
        return registry;
    }

    static PrometheusRegistry micrometer() {
        PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        List<MeterBinder> binders = List.of(
            new JvmMemoryMetrics(), new JvmGcMetrics(), new JvmThreadMetrics(), new ClassLoaderMetrics(), new UptimeMetrics());
        binders.forEach(binder -> binder.bindTo(registry));
        return registry.getPrometheusRegistry();
    }

    static void serve(int port, PrometheusRegistry registry) throws Exception {
        HTTPServer.builder().hostname("127.0.0.1").port(port).registry(registry).buildAndStart();
    }

    static void fill() {
        for (long left = Runtime.getRuntime().maxMemory() * 2 / 3; left > 0; left -= PART) {
            kept.add(new byte[PART]);
        }
    }

    static void collect() {
        try {
            for (;; Thread.sleep(PAUSE_MS)) {
                System.gc();
            }
        } catch (InterruptedException calm) {
            return;
        }
    }

    static void lock() {
        ReentrantLock one = new ReentrantLock(), other = new ReentrantLock();
        CyclicBarrier both = new CyclicBarrier(2);
        start(() -> take(one, other, both));
        start(() -> take(other, one, both));
    }

    static void take(ReentrantLock first, ReentrantLock second, CyclicBarrier both) {
        first.lock();
        try {
            both.await();
            second.lockInterruptibly();
        } catch (Exception interrupted) {
            first.unlock();
        }
    }

    static void start(Runnable work) {
        Thread thread = new Thread(work);
        thread.start();
        busy.add(thread);
    }

    static void calm() {
        busy.forEach(Thread::interrupt);
        busy.clear();
        kept.clear();
        System.gc();
    }
}
