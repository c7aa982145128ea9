//! A node: assembled from settings, served, stopped. Many can live in one process.

use crate::{
    backup,
    connections::Bounded,
    http::{App, metrics_router, router},
    node_key::{self, NodeKeyError},
    service::Service,
    settings::Settings,
    store::{self, NodeKey, Store},
    telemetry::{Metrics, ServiceMetrics},
    tls::{self, TlsError},
};
use axum::Router;
use axum_server::{Handle, accept::DefaultAcceptor, tls_rustls::RustlsAcceptor};
use hyper_util::rt::TokioTimer;
use pryv_engine::{Health, OpenError};
use pryv_wire::Clock;
use std::{
    fmt, io,
    net::{SocketAddr, TcpListener},
    sync::Arc,
    time::Duration,
};
use tokio::{sync::watch, task::JoinHandle};

/// Why a node did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The store could not be opened.
    #[error("the store could not be opened")]
    Open(#[from] OpenError),
    /// There is no fitting node key.
    #[error("there is no node key")]
    NodeKey(#[from] NodeKeyError),
    /// The store does not open under the node key, or is damaged.
    #[error("the store could not be read")]
    Store(#[from] store::Error),
    /// No TLS.
    #[error("TLS could not be set up")]
    Tls(#[from] TlsError),
    /// No address.
    #[error("{address} could not be listened on")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// A thread of the start ended early.
    #[error("the start ended early")]
    Ended,
}

/// Why a node did not stop in order.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StopError {
    /// The store had met an error after which it took no writes. Acknowledged writes are safe.
    #[error("the store took no writes any more: {0}")]
    Poisoned(String),
    /// The store could not be closed in order. Acknowledged writes are safe.
    #[error("the store could not be closed in order")]
    Close(#[source] pryv_engine::StoreError),
    /// The server of requests failed.
    #[error("the server of requests failed")]
    Serve(#[source] io::Error),
    /// A thread of the stop ended early.
    #[error("the stop ended early")]
    Ended,
}

/// Starts nodes.
#[derive(Clone, Copy, Debug)]
pub struct Server;

/// A node that serves. Dropping it without [`Running::shutdown`] ends it like a crash, which it survives.
pub struct Running {
    address: SocketAddr,
    metrics_address: Option<SocketAddr>,
    app: Arc<App>,
    service: Service,
    listeners: Vec<Listener>,
    helpers: Vec<JoinHandle<()>>,
    unfit: watch::Receiver<bool>,
    grace: Duration,
    settings: Settings,
}

struct Listener {
    handle: Handle<SocketAddr>,
    task: JoinHandle<io::Result<()>>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.helpers.iter().for_each(JoinHandle::abort);
        self.listeners.iter().for_each(|listener| listener.handle.shutdown());
    }
}

impl Server {
    /// Opens the store, sets it up at the first start, and serves.
    ///
    /// # Errors
    ///
    /// Says what could not be opened, read or listened on.
    pub async fn start(settings: Settings, clock: Arc<dyn Clock>) -> Result<Running, StartError> {
        let opening = settings.clone();
        let assembled = tokio::task::spawn_blocking(move || assemble(&opening, clock));
        let (service, metrics) = assembled.await.map_err(|_| StartError::Ended)??;
        let tls = match (&settings.tls_cert, &settings.tls_key) {
            (Some(cert), Some(key)) => Some(tls::config(cert, key)?),
            _ => None,
        };
        let app = Arc::new(App::new(
            service.clone(),
            metrics,
            &settings.limits(),
            tls.is_some(),
            settings.http_forwarded,
        ));
        let (listener, address) = bind(settings.listen)?;
        warn_of_openness(&settings, address);
        // Behind a proxy, loopback is where everybody comes from.
        let private = address.ip().is_loopback() && !settings.http_forwarded;
        let with_metrics = settings.metrics_listen.is_none() && private;
        let mut listeners =
            vec![listen(listener, address, router(Arc::clone(&app), with_metrics), tls, &settings)?];
        let mut metrics_address = None;
        if let Some(wanted) = settings.metrics_listen {
            let (listener, address) = bind(wanted)?;
            metrics_address = Some(address);
            listeners.push(listen(listener, address, metrics_router(Arc::clone(&app)), None, &settings)?);
        }
        let (tell_unfit, unfit) = watch::channel(false);
        let mut helpers = vec![tokio::spawn(sweep(
            service.clone(),
            Arc::clone(&app),
            Duration::from_secs(settings.sweep_every),
        ))];
        helpers.push(tokio::spawn(watch_health(service.store().clone(), tell_unfit)));
        helpers.extend(serve_orders(&settings, service.store()));
        tracing::info!(%address, tls = app_speaks_tls(&settings), engine = %settings.store_engine, "listening");
        let grace = Duration::from_secs(settings.stop_grace);
        Ok(Running { address, metrics_address, app, service, listeners, helpers, unfit, grace, settings })
    }
}

impl Running {
    /// Where it serves.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where it serves metrics, if that is an address of its own.
    #[must_use]
    pub const fn metrics_address(&self) -> Option<SocketAddr> {
        self.metrics_address
    }

    /// The base of its URLs.
    #[must_use]
    pub fn url(&self) -> String {
        let scheme = if app_speaks_tls(&self.settings) { "https" } else { "http" };
        format!("{scheme}://{}", self.address)
    }

    /// The rules it serves, for tests and tools in the same process.
    #[must_use]
    pub const fn service(&self) -> &Service {
        &self.service
    }

    /// Waits until the store takes no writes any more: the node should be stopped then, and looked at.
    pub async fn unfit(&self) {
        let mut unfit = self.unfit.clone();
        if unfit.wait_for(|unfit| *unfit).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Stops: takes no connections, finishes requests for as long as the settings grant, drains the committer,
    /// closes the engine.
    ///
    /// # Errors
    ///
    /// Whatever did not end in order. Acknowledged writes are safe regardless.
    pub async fn shutdown(mut self) -> Result<(), StopError> {
        self.app.stop();
        let listeners = std::mem::take(&mut self.listeners);
        for listener in &listeners {
            listener.handle.graceful_shutdown(Some(self.grace));
        }
        let mut served = Ok(());
        for listener in listeners {
            let ended = listener.task.await.map_err(|_| StopError::Ended)?;
            served = served.and(ended.map_err(StopError::Serve));
        }
        self.helpers.iter().for_each(JoinHandle::abort);
        #[cfg(unix)]
        remove_socket(&self.settings);
        let store = self.service.store().clone();
        let health = store.health();
        let closed = tokio::task::spawn_blocking(move || store.engine().close());
        closed.await.map_err(|_| StopError::Ended)?.map_err(StopError::Close)?;
        tracing::info!("stopped");
        if let Health::Poisoned(reason) = health {
            return Err(StopError::Poisoned(reason));
        }
        served
    }
}

impl fmt::Debug for Running {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Running").field("address", &self.address).finish_non_exhaustive()
    }
}

fn app_speaks_tls(settings: &Settings) -> bool {
    settings.tls_cert.is_some()
}

fn assemble(settings: &Settings, clock: Arc<dyn Clock>) -> Result<(Service, Metrics), StartError> {
    let engine = pryv_engine::Store::open(&settings.data, &settings.store_options())?;
    let path = settings.node_key_path();
    let store = if let Some(key) = node_key::read(&path)? {
        Store::over(engine, &key)
    } else {
        let key = NodeKey::generate();
        let store = Store::over(engine, &key);
        if store.peek(|view| view.is_set_up())? {
            return Err(NodeKeyError::Missing { path }.into());
        }
        // Before anything is sealed under it.
        node_key::write(&path, &key)?;
        tracing::info!("a node key was made: keep a copy apart from the backups");
        store
    };
    let counters = ServiceMetrics::default();
    let metrics = Metrics::new(&store, counters.clone());
    Ok((Service::start(store, clock, settings.rules(), counters)?, metrics))
}

fn bind(address: SocketAddr) -> Result<(TcpListener, SocketAddr), StartError> {
    let bound = || {
        let listener = TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        Ok((listener, address))
    };
    bound().map_err(|source| StartError::Listen { address, source })
}

fn listen(
    listener: TcpListener,
    address: SocketAddr,
    routes: Router,
    tls: Option<axum_server::tls_rustls::RustlsConfig>,
    settings: &Settings,
) -> Result<Listener, StartError> {
    let handle = Handle::new();
    let failed = |source| StartError::Listen { address, source };
    let make = routes.into_make_service_with_connect_info::<SocketAddr>();
    let head = Duration::from_secs(settings.limits_timeout);
    let mut server = axum_server::from_tcp(listener).map_err(failed)?.handle(handle.clone());
    // Who sends no head, or a byte of it now and then, is not waited for.
    server.http_builder().http1().timer(TokioTimer::new()).header_read_timeout(head);
    server
        .http_builder()
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(head)
        .keep_alive_timeout(head)
        .max_concurrent_streams(128);
    let most = settings.limits_connections;
    let task = match tls {
        Some(tls) => {
            let acceptor = RustlsAcceptor::new(tls);
            tokio::spawn(server.acceptor(Bounded::new(acceptor, most, head)).serve(make))
        }
        None => tokio::spawn(server.acceptor(Bounded::new(DefaultAcceptor::new(), most, head)).serve(make)),
    };
    Ok(Listener { handle, task })
}

fn warn_of_openness(settings: &Settings, address: SocketAddr) {
    if !app_speaks_tls(settings) && !address.ip().is_loopback() {
        tracing::warn!(
            %address,
            "this address is open to others and speaks no TLS: tokens can be read on the way. \
             Set tls.cert and tls.key, or listen on loopback behind a proxy that speaks TLS"
        );
    }
}

async fn sweep(service: Service, app: Arc<App>, every: Duration) {
    loop {
        tokio::time::sleep(every).await;
        app.forget_rates();
        if let Err(error) = service.sweep().await {
            tracing::warn!(error = backup::chain(&error), "a sweep failed; the next one will try again");
        }
    }
}

async fn watch_health(store: Store, unfit: watch::Sender<bool>) {
    loop {
        if matches!(store.health(), Health::Poisoned(_)) {
            unfit.send_replace(true);
            return;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

#[cfg(unix)]
fn serve_orders(settings: &Settings, store: &Store) -> Option<JoinHandle<()>> {
    use std::{fs, os::unix::fs::PermissionsExt as _};
    let path = settings.admin_socket();
    remove_socket(settings);
    let bound = tokio::net::UnixListener::bind(&path).and_then(|listener| {
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600))?;
        Ok(listener)
    });
    match bound {
        Ok(listener) => Some(tokio::spawn(backup::serve_orders(listener, store.clone()))),
        Err(error) => {
            tracing::warn!(%error, "no admin.sock in the data directory (is its path longer than 100 bytes?): \
                                    backups need the node stopped");
            None
        }
    }
}

/// The data directory is locked by this process: a socket in it is ours, or was left behind by a killed one.
#[cfg(unix)]
fn remove_socket(settings: &Settings) {
    match std::fs::remove_file(settings.admin_socket()) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            tracing::warn!(%error, "admin.sock could not be removed");
        }
        _ => {}
    }
}

#[cfg(not(unix))]
fn serve_orders(_settings: &Settings, _store: &Store) -> Option<JoinHandle<()>> {
    None
}
