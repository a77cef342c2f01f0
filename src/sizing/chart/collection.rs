//! The charts in force: the one in the binary, and a shop's own.

use super::{Chart, ChartError};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The charts in force, by id; the default one is always there.
pub struct Charts {
    by_id: BTreeMap<String, (PathBuf, Chart)>,
}

pub const DEFAULT_CHART: &str = "default";

impl Charts {
    /// The chart inside the binary.
    pub fn embedded() -> Self {
        let path = PathBuf::from("embedded default.json");
        let text = include_str!("../../../data/charts/default.json");
        let chart = Chart::parse(&path, text).expect("the shipped chart is checked by a test");
        Charts { by_id: BTreeMap::from([(DEFAULT_CHART.to_owned(), (path, chart))]) }
    }

    /// The embedded chart and every `*.json` of `dir`; one with the id `default` takes its place.
    pub fn load(dir: &Path) -> Result<Self, ChartError> {
        let read_error = |source| ChartError::Read { path: dir.to_owned(), source };
        let mut paths: Vec<PathBuf> = std::fs::read_dir(dir)
            .and_then(|entries| entries.map(|entry| entry.map(|e| e.path())).collect())
            .map_err(read_error)?;
        paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
        paths.sort();
        let mut charts = Charts { by_id: BTreeMap::new() };
        for path in paths {
            charts.add(path)?;
        }
        for (id, embedded) in Self::embedded().by_id {
            charts.by_id.entry(id).or_insert(embedded);
        }
        Ok(charts)
    }

    fn add(&mut self, path: PathBuf) -> Result<(), ChartError> {
        let text = std::fs::read_to_string(&path)
            .map_err(|source| ChartError::Read { path: path.clone(), source })?;
        let chart = Chart::parse(&path, &text)?;
        if let Some((taken_by, _)) = self.by_id.get(&chart.id) {
            return Err(ChartError::Duplicate { taken_by: taken_by.clone(), path, id: chart.id });
        }
        self.by_id.insert(chart.id.clone(), (path, chart));
        Ok(())
    }

    pub fn get(&self, id: &str) -> Option<&Chart> {
        self.by_id.get(id).map(|(_, chart)| chart)
    }

    /// What tells these charts from any others, the default one's first.
    pub fn identities(&self) -> impl Iterator<Item = String> {
        let is_default = |chart: &Chart| chart.id == DEFAULT_CHART;
        let charts = || self.by_id.values().map(|(_, chart)| chart);
        let default = charts().filter(move |chart| is_default(chart));
        default.chain(charts().filter(move |chart| !is_default(chart))).map(Chart::identity)
    }

    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.by_id.keys().map(String::as_str)
    }
}
